import { LIFE_MUTATIONS } from './http-life-mutations.ts';
import {
  answersTo,
  bodiesOf,
  eventsOf,
  type Mutation,
  requestsTo,
  requestsWithout,
  requestsWithoutHeader,
  requestsWithoutQuery,
  statusOf,
} from './mutation.ts';

const SUBMIT = /^POST \/v1\/jobs$/;
const STATUS = /^GET \/v1\/jobs\/[^/]+\/status$/;
const JOB = /^GET \/v1\/jobs\/[^/?:]+(\?.*)?$/;
const EVENTS = /^GET \/v1\/jobs\/[^/]+\/events$/;
const LIST = /^GET \/v1\/jobs\?/;
const BATCH = /^POST \/v1\/jobs:batch$/;

type Jobs = { jobs: unknown[] };

/** For each check over HTTP a server that breaks the one promise that it holds. */
export const HTTP_MUTATIONS: Readonly<Record<string, Mutation>> = {
  'http.submit-accepted': {
    breaks: 'answers 200 for 202',
    says: /POST \/v1\/jobs must answer 202, and answers 200/,
    mutate: statusOf(SUBMIT, 202, 200),
  },
  'http.submit-location': {
    breaks: 'leaves Location out',
    says: /the header Location must be "\/v1\/jobs\/.*", and is null/,
    mutate: answersTo(SUBMIT, ({ headers }) => headers.delete('location')),
  },
  'http.submit-ids': {
    breaks: 'has one trace_id for all',
    says: /the number of different ids must be 6, and is 4/,
    mutate: bodiesOf(SUBMIT, (body) => ({ ...body, trace_id: '5be4d82b-9c6f-4372-81d2-c0dc5a95a7a3' })),
  },
  'http.submit-violations': {
    breaks: 'names the first violation only',
    says: /the places that the 400 to POST \/v1\/jobs names must be/,
    mutate: bodiesOf(SUBMIT, (body) => ({ ...body, violations: (body['violations'] as unknown[]).slice(0, 1) })),
  },
  'http.submit-payload-limits': {
    breaks: 'takes a currency of four letters',
    says: /must answer 400, and answers 202/,
    mutate: answersTo(SUBMIT, (answer) => {
      if (answer.sent.includes('EURO')) answer.status = 202;
    }),
  },
  'http.submit-unknown-type': {
    breaks: 'does not say where the job type is wrong',
    says: /the places .* must be \["\/job_type"\], and is \[\]/,
    mutate: bodiesOf(SUBMIT, (body) => ({ ...body, violations: [] })),
  },
  'http.submit-unknown-field': {
    breaks: 'takes a body with an unknown field',
    says: /must answer 400, and answers 202/,
    mutate: requestsWithout(SUBMIT, 'urgent'),
  },
  'http.submit-no-json': {
    breaks: 'says in HTML that it is no JSON',
    says: /the media type .* must be "application\/problem\+json", and is "text\/html"/,
    mutate: answersTo(SUBMIT, ({ headers }) => headers.set('content-type', 'text/html')),
  },
  'http.submit-prototype-keys': {
    breaks: 'drops the key __proto__ and goes on',
    says: /must answer 400, and answers 202/,
    mutate: requestsTo(SUBMIT, (request) => {
      request.body = request.body.replace(',"__proto__":{}', '');
    }),
  },
  'http.submit-media-type': {
    breaks: 'reads every body as JSON',
    says: /must answer 415, and answers 202/,
    mutate: requestsTo(SUBMIT, ({ headers }) => headers.set('content-type', 'application/json')),
  },
  'http.submit-too-large': {
    breaks: 'answers 400 for 413',
    says: /must answer 413, and answers 400/,
    mutate: statusOf(SUBMIT, 413, 400),
  },
  'http.unknown-route': {
    breaks: 'answers a problem as plain JSON',
    says: /the media type .* must be "application\/problem\+json", and is "application\/json"/,
    mutate: answersTo(/^GET \/v1\/nothing/, ({ headers }) => headers.set('content-type', 'application/json')),
  },
  'http.other-method': {
    breaks: 'leaves Allow out',
    says: /the header Allow must name POST, and is ""/,
    mutate: answersTo(/^DELETE /, ({ headers }) => headers.delete('allow')),
  },
  'http.idempotency-same-job': {
    breaks: 'does not look at the key',
    says: /the answer to the repeat must be/,
    mutate: requestsWithoutHeader(SUBMIT, 'idempotency-key'),
  },
  'http.idempotency-other-body': {
    breaks: 'makes a job of another body with the same key',
    says: /must answer 422, and answers 202/,
    mutate: requestsWithoutHeader(SUBMIT, 'idempotency-key'),
  },
  'http.idempotency-at-once': {
    breaks: 'looks for the key before the others have left theirs',
    says: /the number of jobs that ten submits with one key make must be 1, and is 10/,
    mutate: requestsWithoutHeader(SUBMIT, 'idempotency-key'),
  },
  'http.idempotency-bad-key': {
    breaks: 'cuts a long key',
    says: /must answer 400, and answers 202/,
    mutate: requestsTo(SUBMIT, ({ headers }) => headers.set('idempotency-key', crypto.randomUUID())),
  },
  'http.status-reply': {
    breaks: 'tells more than the contract has',
    says: /breaks its schema: .*additional properties.*worker/,
    mutate: bodiesOf(STATUS, (body) => ({ ...body, worker: 'w-1' })),
  },
  'http.status-failed': {
    breaks: 'sets a failed job to 100 %',
    says: /a failed job must stay below 100 %, and is at 100 %/,
    mutate: bodiesOf(STATUS, (body) => ({ ...body, progress_percent: 100 })),
  },
  'http.status-not-uuid': {
    breaks: 'answers 404 where the id is no UUID',
    says: /must answer 400, and answers 404/,
    mutate: statusOf(STATUS, 400, 404),
  },
  'http.status-unknown': {
    breaks: 'takes no UUID of version 1',
    says: /must answer 404, and answers 400/,
    mutate: answersTo(/^GET \/v1\/jobs\/.{14}1.{21}\/status$/, (answer) => {
      answer.status = 400;
    }),
  },
  'http.status-milestones': {
    breaks: 'completes at 90 %',
    says: /progress must be one of 0, 20, 50, 80, 100, and was .*90/,
    mutate: bodiesOf(STATUS, (body) => (body['state'] === 'completed' ? { ...body, progress_percent: 90 } : body)),
  },
  'http.job-document': {
    breaks: 'shows another input than was submitted',
    says: /its input must be .*Austin.*, and is .*Boston/,
    mutate: bodiesOf(JOB, (body) => ({ ...body, input: { ...(body['input'] as object), city: 'Boston' } })),
  },
  'http.job-failed-document': {
    breaks: 'gives a failed job an output',
    says: /the document of .* breaks its schema: .*output/,
    mutate: bodiesOf(JOB, (body) => ({ ...body, output: {} })),
  },
  'http.job-live': {
    breaks: 'shows a running job at 100 %',
    says: /it must be below 100 %, and is at 100 %/,
    mutate: bodiesOf(JOB, (body) => ({ ...body, progress_percent: 100 })),
  },
  'http.job-never-forgotten': {
    breaks: 'answers 404 before a worker has the job',
    says: /must answer 200, and answers 404/,
    mutate: statusOf(JOB, 200, 404),
  },
  'http.job-unknown': {
    breaks: 'has another code',
    says: /the code of the problem .* must be "job_not_found", and is "route_not_found"/,
    mutate: bodiesOf(JOB, (body) => ({ ...body, code: 'route_not_found' })),
  },
  'http.job-wait': {
    breaks: 'does not look at ?wait',
    says: /the document of a job that was waited for breaks its schema/,
    mutate: requestsWithoutQuery(/\?wait=60s$/, 'wait'),
  },
  'http.position': {
    breaks: 'has a job wait that has ended',
    says: /what is ahead of a job that has ended must be null, and is 3/,
    mutate: bodiesOf(/\/position$/, (body) => ({ ...body, ahead: 3 })),
  },
  'http.events-ends-with-result': {
    breaks: 'ends the stream without the document',
    says: /the last event must be "result", and is "status"/,
    mutate: eventsOf((blocks) => blocks.filter((block) => !block.includes('event: result'))),
  },
  'http.events-order': {
    breaks: 'replays a status backwards',
    says: /must never move backwards, and goes from/,
    mutate: eventsOf((blocks) => {
      const result = blocks.findIndex((block) => block.includes('event: result'));
      return [...blocks.slice(0, result).reverse(), ...blocks.slice(result)];
    }),
  },
  'http.events-every-change': {
    breaks: 'leaves a change out',
    says: /the stream must tell running 50, and tells/,
    mutate: eventsOf((blocks) => blocks.filter((block) => !block.includes('"progress_percent":50'))),
  },
  'http.events-resume': {
    breaks: 'begins anew',
    says: /the ids of the events after .* must be/,
    mutate: requestsWithoutHeader(EVENTS, 'last-event-id'),
  },
  'http.events-after-end': {
    breaks: 'begins anew after the end',
    says: /the status after `end` must be 204, and is 200/,
    mutate: requestsWithoutHeader(EVENTS, 'last-event-id'),
  },
  'http.events-unknown': {
    breaks: 'answers 410 for 404',
    says: /must answer 404, and answers 410/,
    mutate: statusOf(EVENTS, 404, 410),
  },
  'http.list-newest-first': {
    breaks: 'has the oldest first',
    says: /in the order of their submit, the newest first/,
    mutate: bodiesOf(LIST, (body) => ({ ...body, jobs: (body as Jobs).jobs.reverse() })),
  },
  'http.list-pages': {
    breaks: 'loses a job between two pages',
    says: /the pages must show/,
    mutate: bodiesOf(LIST, (body) => ({ ...body, jobs: (body as Jobs).jobs.slice(0, -1) })),
  },
  'http.list-filters': {
    breaks: 'does not look at the state',
    says: /the failed jobs of that trace must be \[\]/,
    mutate: requestsWithoutQuery(LIST, 'state'),
  },
  'http.list-refused': {
    breaks: 'takes limit=0 for none',
    says: /must answer 400, and answers 200/,
    mutate: requestsWithoutQuery(/limit=0$/, 'limit'),
  },
  'http.batch-verdicts': {
    breaks: 'mixes the verdicts up',
    says: /the statuses of the verdicts must be \[202,400,202\], and is \[400,202,202\]/,
    mutate: bodiesOf(BATCH, (body) => {
      const [first, second, third] = body['results'] as unknown[];
      return { ...body, results: [second, first, third] };
    }),
  },
  'http.batch-refused': {
    breaks: 'takes a batch without jobs',
    says: /must answer 400, and answers 207/,
    mutate: answersTo(BATCH, (answer) => {
      if (answer.sent === '{"jobs":[]}') answer.status = 207;
    }),
  },
  'http.failures': {
    breaks: 'does not say since when',
    says: /the report of failures breaks its schema: .*since/,
    mutate: bodiesOf(/^GET \/v1\/failures/, ({ since: _, ...body }) => body),
  },
  'http.system': {
    breaks: 'forgets a part',
    says: /the parts of the system report must be/,
    mutate: bodiesOf(/^GET \/v1\/system/, (body) => ({ ...body, parts: (body['parts'] as unknown[]).slice(1) })),
  },
  'http.health': {
    breaks: 'forgets to check RabbitMQ',
    says: /the answer of healthz breaks its schema: .*rabbitmq/,
    mutate: bodiesOf(/^GET \/healthz/, (body) => {
      const { rabbitmq: _, ...checks } = body['checks'] as Record<string, unknown>;
      return { ...body, checks };
    }),
  },
  'http.liveness': {
    breaks: 'has a status of its own',
    says: /the answer of livez breaks its schema/,
    mutate: bodiesOf(/^GET \/livez/, (body) => ({ ...body, status: 'alive' })),
  },
  'http.readiness': {
    breaks: 'answers 200 although it is not ready',
    says: /its status must be "ready", and is "not_ready"/,
    mutate: bodiesOf(/^GET \/readyz/, (body) => ({ ...body, status: 'not_ready' })),
  },
  ...LIFE_MUTATIONS,
};
