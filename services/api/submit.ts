import { randomUUID } from 'node:crypto';
import { invalid } from '@dtq/core/problem.ts';
import { readSubmitTimes } from '@dtq/core/submit-times.ts';
import type { JobPriority, Violation } from '@dtq/generated/schemas/types.ts';
import { acceptSubmit, roomFor, type SubmitAnswer, type SubmitRequest } from './accept-submit.ts';
import type { ApiContext } from './route.ts';
import { submitWithKey } from './submit-with-key.ts';

/** Answers one submit: alone, or as one of many. */
export async function submit(request: SubmitRequest, context: ApiContext): Promise<SubmitAnswer> {
  const { body } = request;
  const { times, faults } = readSubmitTimes(body, context.clock.now());
  const all = [...priorityFaults(body.priority, context), ...faults];
  if (request.key !== undefined) return submitWithKey(request, request.key, { times, faults: all }, context);
  if (all.length > 0) return invalid(all);
  return (await roomFor(body, times, context)) ?? acceptSubmit(request, randomUUID(), times, context);
}

function priorityFaults(priority: JobPriority | undefined, { takesPriorities }: ApiContext): Violation[] {
  if (takesPriorities || priority === undefined || priority === 'normal') return [];
  const message = `must be "normal", for here no job is taken sooner or later than others, not "${priority}"`;
  return [{ pointer: '/priority', message }];
}
