import { describeBackend } from '@dtq/backend-conformance/describe-backend.ts';
import { makeSpace } from './test/space.ts';

describeBackend('embedded', makeSpace);
