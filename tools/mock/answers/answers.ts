import type { OperationId } from '@dtq/generated/rest/operations.ts';
import type { Answer } from '../request.ts';
import * as jobs from './jobs.ts';
import * as operations from './operations.ts';
import * as system from './system.ts';

/** What answers each operation of the contract. One that the contract gets and this table has not does not compile. */
export const ANSWERS = { ...jobs, ...operations, ...system } satisfies { readonly [Op in OperationId]: Answer<Op> };
