import type { Stats } from '@dtq/core/ports.ts';
import { RESOLUTIONS, type Resolution, startOf } from '@dtq/core/resolutions.ts';
import { statsHoursKey } from '@dtq/generated/storage/stats-hours.ts';
import { statsMinutesKey } from '@dtq/generated/storage/stats-minutes.ts';
import { answerWithin } from './deadline.ts';
import type { RedisConnection } from './redis-client.ts';
import { RedisScript } from './redis-script.ts';

const PART = 'redis';

/** No answer takes longer, in milliseconds. */
const ANSWER_MS = 1000;

const KEY = { minute: statsMinutesKey, hour: statsHoursKey } as const satisfies {
  readonly [R in Resolution]: (at: string) => string;
};

// Adds to counters of several hashes, each with its time to live: KEYS[i] lives ARGV[i] ms, and then field, count, field, ...
const ADD = new RedisScript(`
for i, key in ipairs(KEYS) do
  for j = #KEYS + 1, #ARGV, 2 do redis.call('HINCRBY', key, ARGV[j], ARGV[j + 1]) end
  redis.call('PEXPIRE', key, ARGV[i])
end
`);

/** Hashes that are read at once: well below what may wait for its reply on the connection. */
const READ_AT_ONCE = 200;

/** Counters of what ended: a hash for each minute and each hour, with a time to live. */
export class RedisStats implements Stats {
  readonly #redis: RedisConnection;

  constructor(redis: RedisConnection) {
    this.#redis = redis;
  }

  async add(at: number, counts: Readonly<Record<string, number>>): Promise<void> {
    const resolutions = Object.keys(RESOLUTIONS) as Resolution[];
    const keys = resolutions.map((resolution) => KEY[resolution](String(startOf(resolution, at))));
    const lives = resolutions.map((resolution) => String(RESOLUTIONS[resolution].keptMs));
    const fields = Object.entries(counts).flatMap(([field, count]) => [field, String(count)]);
    await answerWithin(PART, ANSWER_MS, 'counting what ended', ADD.run(this.#redis, keys, [...lives, ...fields]));
  }

  read(resolution: Resolution, since: number, now = Date.now()): ReturnType<Stats['read']> {
    return answerWithin(PART, ANSWER_MS, 'reading counters', this.#read(resolution, since, now));
  }

  async #read(resolution: Resolution, since: number, now: number): ReturnType<Stats['read']> {
    const { spanMs, keptMs } = RESOLUTIONS[resolution];
    const starts: number[] = [];
    // A span ahead, for the clocks of those who count need not agree with ours.
    for (let at = startOf(resolution, Math.max(since, now - keptMs)); at <= now + spanMs; at += spanMs) starts.push(at);
    const points: { at: number; counts: Record<string, number> }[] = [];
    for (let from = 0; from < starts.length; from += READ_AT_ONCE) {
      const some = starts.slice(from, from + READ_AT_ONCE);
      const hashes = await Promise.all(some.map((at) => this.#redis.send(['HGETALL', KEY[resolution](String(at))])));
      for (const [index, at] of some.entries()) {
        const counts = countsOf(hashes[index]);
        if (Object.keys(counts).length > 0) points.push({ at, counts });
      }
    }
    return points;
  }
}

/** A reply of HGETALL, in either form that the protocol has for it; what is no number is left out. */
function countsOf(reply: unknown): Record<string, number> {
  const flat = Array.isArray(reply) ? reply : Object.entries(reply ?? {}).flat();
  const counts: [string, number][] = [];
  for (let index = 0; index + 1 < flat.length; index += 2) {
    const count = Number(flat[index + 1]);
    if (Number.isSafeInteger(count) && count >= 0) counts.push([String(flat[index]), count]);
  }
  return Object.fromEntries(counts);
}
