import { parseDuration } from '@dtq/core/config.ts';
import { Unavailable } from '@dtq/core/errors.ts';
import { type FollowedJob, followJob } from '@dtq/core/follow-job.ts';
import { type Known, lookUpJob } from '@dtq/core/look-up.ts';
import { jobNotFound, problem } from '@dtq/core/problem.ts';
import { isFinal } from '@dtq/generated/lifecycle.ts';
import type { ApiContext, Route, RouteRequest } from '../route.ts';

/** The document of a job that ended, else its live status; with `wait` it may come later. Needs no worker. */
export const getJob: Route<'getJob'> = async (request, context) => {
  const { job_id } = request.path;
  const known = request.query.wait === undefined ? await lookUpJob(context, job_id) : await waitFor(request, context);
  if (known === null) return problem('too_many_clients', { job_id });
  if (known.kind === 'unknown') return jobNotFound(job_id);
  const body = known.kind === 'result' ? known.result : known.status;
  return { status: 200, type: 'application/json', body, headers: {} };
};

/** What is known once the job has ended, the time is over or the server stops; null where too many wait already. */
async function waitFor(
  { path: { job_id }, query, signal, extendTime, log }: RouteRequest<'getJob'>,
  context: ApiContext,
): Promise<Known | null> {
  const { clients, config } = context;
  const leave = clients.enter(signal);
  if (leave === null) return null;
  const waitMs = parseDuration(query.wait ?? '') ?? 0;
  extendTime(waitMs);
  try {
    const { lookUpEveryMs } = config;
    const followed = await followJob(context, job_id, { lookUpEveryMs, signal, log: log.child({ job_id }) });
    try {
      if (isOver(followed.first)) return followed.first;
      const last = await untilOver(followed, waitMs, [signal, clients.closing]);
      if (last.kind === 'result' || signal.aborted) return last;
      return await lookUpJob(context, job_id).catch((error: unknown) => {
        if (!(error instanceof Unavailable)) throw error;
        return last;
      });
    } finally {
      followed.stop();
    }
  } finally {
    leave();
  }
}

/** The last that became known before the job ended, the time was over or one of the signals aborted. */
function untilOver({ first, listen }: FollowedJob, waitMs: number, signals: readonly AbortSignal[]): Promise<Known> {
  return new Promise((resolve) => {
    let last = first;
    const finish = (): void => {
      clearTimeout(timer);
      for (const signal of signals) signal.removeEventListener('abort', finish);
      resolve(last);
    };
    const timer = setTimeout(finish, signals.some(({ aborted }) => aborted) ? 0 : waitMs);
    for (const signal of signals) signal.addEventListener('abort', finish);
    listen((known) => {
      last = known;
      if (isOver(known)) finish();
    });
  });
}

function isOver(known: Known): boolean {
  return known.kind !== 'status' || isFinal(known.status.state);
}
