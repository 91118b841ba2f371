import { bodiesOf, type Mutation, requestsTo, requestsWithout, statusOf } from './mutation.ts';

const SUBMIT = /^POST \/v1\/jobs$/;
const STATUS = /^GET \/v1\/jobs\/[^/]+\/status$/;
const JOB = /^GET \/v1\/jobs\/[^/?:]+(\?.*)?$/;
const CANCEL = /^POST \/v1\/jobs\/[^/]+\/cancel$/;
const REPLAYS = /^POST \/v1\/replays$/;
const LETTERS = /^GET \/v1\/dead-letters\?/;

/** As http-mutations.ts, for cancels, times, priorities, replays and dead letters. */
export const LIFE_MUTATIONS: Readonly<Record<string, Mutation>> = {
  'http.cancel-waiting': {
    breaks: 'says that it cancelled, and does nothing',
    says: /the document of .* breaks its schema/,
    mutate: async (request, next) => {
      const [, job_id] = /^\/v1\/jobs\/([^/]+)\/cancel$/.exec(new URL(request.url).pathname) ?? [];
      if (job_id === undefined) return next(request);
      return Response.json({ job_id, state: 'failed', error_code: 'cancelled', message: 'cancelled' }, { status: 202 });
    },
  },
  'http.cancel-running': {
    breaks: 'has another code for what was cancelled',
    says: /its code must be "cancelled", and is "provider_timeout"/,
    mutate: bodiesOf(JOB, (body) => ({ ...body, error: { code: 'provider_timeout', message: 'x' } })),
  },
  'http.cancel-final': {
    breaks: 'does not say how the job ended',
    says: /the state that it names must be "completed", and is missing/,
    mutate: bodiesOf(CANCEL, ({ state: _, ...body }) => body),
  },
  'http.cancel-unknown': {
    breaks: 'takes a cancel of nothing',
    says: /must answer 404, and answers 202/,
    mutate: statusOf(CANCEL, 404, 202),
  },
  'http.schedule-waits': {
    breaks: 'does not say until when a job waits',
    says: /run_at must be a time, and is missing/,
    mutate: bodiesOf(JOB, ({ run_at: _, ...body }) => body),
  },
  'http.schedule-runs': {
    breaks: 'starts at once',
    says: /it must start at .* or later, and did at/,
    mutate: requestsWithout(SUBMIT, 'run_at'),
  },
  'http.schedule-refused': {
    breaks: 'takes a delay of 31 days',
    says: /must answer 400, and answers 202/,
    mutate: requestsTo(SUBMIT, (request) => {
      request.body = request.body.replace('"31d"', '"30d"');
    }),
  },
  'http.expiry-refused': {
    breaks: 'takes a time to expire that has passed',
    says: /must answer 400, and answers 202/,
    mutate: requestsWithout(SUBMIT, 'expires_at'),
  },
  'http.expiry-in-time': {
    breaks: 'fails jobs before they expire',
    says: /the state of .* must be "completed", and is "failed"/,
    mutate: bodiesOf(STATUS, (body) => (body['state'] === 'completed' ? { ...body, state: 'failed' } : body)),
  },
  'http.priorities': {
    breaks: 'takes any priority',
    says: /must answer 400, and answers 202/,
    mutate: requestsTo(SUBMIT, (request) => {
      request.body = request.body.replace(',"priority":"urgent"', '');
    }),
  },
  'http.replay-dry-run': {
    breaks: 'replays in a dry run',
    says: /must answer 200, and answers 202/,
    mutate: requestsWithout(REPLAYS, 'dry_run'),
  },
  'http.replay': {
    breaks: 'forgets what a replay repeats',
    says: /replay_of must be .*, and is missing/,
    mutate: bodiesOf(JOB, ({ replay_of: _, ...body }) => body),
  },
  'http.replay-once': {
    breaks: 'replays again and again',
    says: /what a second replay does must be \[\]/,
    mutate: requestsTo(REPLAYS, (request) => {
      request.body = JSON.stringify({ ...(JSON.parse(request.body) as object), again: true });
    }),
  },
  'http.replay-refused': {
    breaks: 'does not say where a filter is wrong',
    says: /the places that the 400 to POST \/v1\/replays names must be/,
    mutate: bodiesOf(REPLAYS, (body) => ({ ...body, violations: [] })),
  },
  'http.dead-letters': {
    breaks: 'leaves the cursor out on the last page',
    says: /the dead letters breaks its schema: .*next_cursor/,
    mutate: bodiesOf(LETTERS, ({ next_cursor: _, ...body }) => body),
  },
  'http.dead-letter-unknown': {
    breaks: 'has the code of jobs',
    says: /must be "dead_letter_not_found", and is "job_not_found"/,
    mutate: bodiesOf(/^GET \/v1\/dead-letters\//, (body) => ({ ...body, code: 'job_not_found' })),
  },
};
