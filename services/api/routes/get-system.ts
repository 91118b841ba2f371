import { CHECK_TIMEOUT_MS } from '@dtq/core/health.ts';
import { reportSystem } from '@dtq/core/system-report.ts';
import { JOB_TYPE_VALUES } from '@dtq/generated/schemas/enums.ts';
import type { Route } from '../route.ts';

/** How everything is, for people; no answer of a part is waited for long. */
export const getSystem: Route<'getSystem'> = async (_request, context) => {
  const body = await reportSystem({ ...context, jobTypes: JOB_TYPE_VALUES }, CHECK_TIMEOUT_MS);
  return { status: 200, type: 'application/json', body, headers: {} };
};
