import { endOfRequest } from '../accept-submit.ts';
import type { Route } from '../route.ts';
import { submit } from '../submit.ts';

/** Accepts a job: it is durable in the queue, or in the schedule, when the answer comes. */
export const submitJob: Route<'submitJob'> = async ({ body, header, traceId, caller, log }, context) => {
  return submit({ body, key: header['idempotency-key'], traceId, caller, log, end: endOfRequest(context) }, context);
};
