import { randomUUID } from 'node:crypto';
import { Unavailable } from '@dtq/core/errors.ts';
import { invalid, problem } from '@dtq/core/problem.ts';
import { violationsOf } from '@dtq/core/request-body.ts';
import { BODIES } from '@dtq/generated/rest/bodies.ts';
import type { JobVerdict } from '@dtq/generated/schemas/types.ts';
import { endOfRequest, type SubmitAnswer, type SubmitBody } from '../accept-submit.ts';
import type { ApiContext, Route, RouteRequest } from '../route.ts';
import { submit } from '../submit.ts';

/** So many are under way at once: what a producer sends in one flush, and far below what a store's client queues. */
const AT_ONCE = 100;

/** What each job adds to the time of the request, in milliseconds; one that is confirmed takes a tenth of it. */
const EXTRA_MS_EACH = 10;

/** Accepts many jobs, each with a verdict of its own. */
export const submitJobs: Route<'submitJobs'> = async (request, context) => {
  const { jobs } = request.body;
  request.charge(jobs.length - 1);
  const extraMs = jobs.length * EXTRA_MS_EACH;
  request.extendTime(extraMs);
  const end = endOfRequest(context, extraMs);
  const results: JobVerdict[] = [];
  // The next of them, whoever is free takes it.
  const items = jobs.entries();
  const work = async (): Promise<void> => {
    for (const [index, body] of items) results[index] = await judge(body, index, end, request, context);
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, jobs.length) }, work));
  const accepted = results.filter(({ status }) => status === 202).length;
  return {
    status: 207,
    type: 'application/json',
    body: { results, accepted, refused: results.length - accepted },
    headers: {},
  };
};

/** What a single submit of the job would have answered. */
async function judge(
  body: unknown,
  index: number,
  end: number,
  { header, caller }: RouteRequest<'submitJobs'>,
  context: ApiContext,
): Promise<JobVerdict> {
  const traceId = randomUUID();
  const key = header['idempotency-key'];
  const itemLog = context.log.child({ trace_id: traceId, operation: 'submitJobs', index });
  // A line break stands in no header: no key of a single submit can be that of a batch's job.
  const itemKey = key === undefined ? undefined : `${key}\n${index}`;
  const rule = BODIES.submitJob;
  const found = rule === null ? [] : violationsOf(body, rule);
  const answer =
    found.length > 0
      ? invalid(found)
      : await unlessItFails(
          () => submit({ body: body as SubmitBody, key: itemKey, traceId, caller, log: itemLog, end }, context),
          (error) => itemLog.error({ err: error }, 'a job of many could not be submitted'),
        );
  if (answer.status === 202) return { status: 202, body: answer.body };
  context.telemetry.metrics.refused('submitJobs', answer.body.code);
  return { status: answer.status, body: { ...answer.body, trace_id: traceId } };
}

/** One job must not take the verdicts of the others with it. */
async function unlessItFails(
  work: () => Promise<SubmitAnswer>,
  onDefect: (error: unknown) => void,
): Promise<SubmitAnswer> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Unavailable)
      return problem('store_unavailable', { detail: 'A store that is needed for the answer does not answer.' });
    onDefect(error);
    return problem('internal_error');
  }
}
