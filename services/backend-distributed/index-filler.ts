import { type Clock, timestamp } from '@dtq/core/clock.ts';
import { envelopeOf } from '@dtq/core/envelope.ts';
import { Unavailable } from '@dtq/core/errors.ts';
import { factsOf } from '@dtq/core/job-facts.ts';
import { decodeJobMessage } from '@dtq/core/job-message.ts';
import type { Place } from '@dtq/core/lifecycle.ts';
import type { Logger } from '@dtq/core/log.ts';
import type { ResultStore, StatusStore } from '@dtq/core/ports.ts';
import { FINAL_STATES, MILESTONES } from '@dtq/generated/lifecycle.ts';
import type { JobMessage, JobPriority, JobType } from '@dtq/generated/schemas/types.ts';
import { JOB_STATUS_FIELD, jobStatusKey } from '@dtq/generated/storage/job-status.ts';
import { openJobsKey } from '@dtq/generated/storage/open-jobs.ts';
import * as tolerant from '@dtq/generated/validators/tolerant.ts';
import { answerWithin } from './deadline.ts';
import { hasEnded } from './index-walk.ts';
import { scoreOf } from './open-jobs-index.ts';
import type { RedisConnection } from './redis-client.ts';
import { RedisScript } from './redis-script.ts';

/** Documents that are looked for at once. */
const AT_ONCE = 16;

/** No answer of Redis takes longer, in milliseconds. */
const ANSWER_MS = 1000;

// Whether each key holds a status that is in the index, or has no place in it ('known'), one that another program wrote, which
// does not tell its type ('foreign'), or none.
const LOOK = new RedisScript(`
local finals = {}
for i, state in ipairs(ARGV) do finals[state] = true end
local answers = {}
for i, key in ipairs(KEYS) do
  answers[i] = 'none'
  if redis.call('TYPE', key).ok == 'hash' then
    local values = redis.call('HMGET', key, '${JOB_STATUS_FIELD.state}', '${JOB_STATUS_FIELD.job_type}')
    local isKnown = values[2] or (values[1] and finals[values[1]])
    if isKnown then answers[i] = 'known' elseif values[1] then answers[i] = 'foreign' end
  end
end
return answers
`);

// Puts a job into the set of the place that another program's status tells, if that status is still so.
const ADD_FOREIGN = new RedisScript(`
local state = redis.pcall('HGET', KEYS[1], '${JOB_STATUS_FIELD.state}')
if redis.pcall('HEXISTS', KEYS[1], '${JOB_STATUS_FIELD.job_type}') ~= 0 then return 0 end
local queued, running = KEYS[2], KEYS[3]
local to, from = queued, running
if state == '${MILESTONES.started.state}' then to, from = running, queued end
if state ~= '${MILESTONES.queued.state}' and state ~= '${MILESTONES.started.state}' then return 0 end
redis.pcall('ZREM', from, ARGV[2])
redis.pcall('ZADD', to, ARGV[1], ARGV[2])
return 1
`);

/** A message of a topic of jobs, whoever put it there. */
export interface SeenMessage {
  readonly jobType: JobType;
  readonly priority: JobPriority;
  readonly key: string | null;
  readonly value: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
}

export interface FillerParts {
  readonly redis: RedisConnection;
  readonly statuses: Pick<StatusStore, 'advance'>;
  readonly results: Pick<ResultStore, 'get'>;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Sees to it that the job of each message is in the index of open jobs, or has ended: a job without a status and without a
 * document gets the status of one that waits; one whose status another program wrote is put into the index alone. What cannot
 * be read is the workers' to bury. Rejects with Unavailable where a store that it needs does not answer.
 */
export async function fillIndex(messages: readonly SeenMessage[], parts: FillerParts): Promise<void> {
  const jobs = messages.flatMap((message) => {
    const id = idOf(message);
    return id === null ? [] : [{ id, message }];
  });
  if (jobs.length === 0) return;
  const keys = jobs.map(({ id }) => jobStatusKey(id));
  const looking = LOOK.run(parts.redis, keys, FINAL_STATES);
  const answers = (await answerWithin('redis', ANSWER_MS, 'looking for statuses', looking)) as string[];
  const unknown = jobs.flatMap((job, index) =>
    answers[index] === 'known' ? [] : [{ ...job, isForeign: answers[index] === 'foreign' }],
  );
  const filler = async (): Promise<void> => {
    for (let next = unknown.pop(); next !== undefined; next = unknown.pop()) {
      const decoded = decodeJobMessage(next.message.jobType, next.message.value);
      if (!decoded.ok) continue;
      try {
        if (next.isForeign) await addForeign(decoded.job, parts);
        else await addQueued(decoded.job, next.message, parts);
      } catch (error) {
        if (error instanceof Unavailable) throw error;
        // One job is missing in lists; to try again would keep all others out.
        const { job_id, trace_id } = decoded.job;
        parts.log.error({ err: error, job_id, trace_id }, 'a job could not be put into the index of open jobs');
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, filler));
}

/** The id of a message's job. Its key is that id, as nearly always; else it has to be read. */
function idOf({ jobType, key, value }: SeenMessage): string | null {
  const named: unknown = key;
  if (tolerant.JobId(named)) return named.toLowerCase();
  const decoded = decodeJobMessage(jobType, value);
  return decoded.ok ? decoded.job.job_id : null;
}

async function addQueued(
  job: JobMessage,
  message: SeenMessage,
  { statuses, results, clock }: FillerParts,
): Promise<void> {
  if (await hasEnded(job.job_id, results)) return;
  const envelope = envelopeOf(message.headers, message.priority);
  // The guard of the status makes it harmless where the job has gone on meanwhile.
  await statuses.advance({
    ...factsOf(job, envelope),
    ...MILESTONES.queued,
    attempt: envelope.attempt,
    updated_at: timestamp(clock),
  });
}

async function addForeign({ job_id, job_type, submitted_at }: JobMessage, { redis }: FillerParts): Promise<void> {
  const sets = (['queued', 'running'] as const satisfies readonly Place[]).map((place) => openJobsKey(job_type, place));
  const adding = ADD_FOREIGN.run(redis, [jobStatusKey(job_id), ...sets], [String(scoreOf(submitted_at)), job_id]);
  await answerWithin('redis', ANSWER_MS, 'adding to the index', adding);
}
