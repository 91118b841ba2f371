import { Unavailable } from '@dtq/core/errors.ts';
import { JsonRefused, parseJson } from '@dtq/core/json.ts';
import type { Logger } from '@dtq/core/log.ts';
import type { SubmitKeys } from '@dtq/core/ports.ts';
import { mayClaim } from '@dtq/core/submit-keys.ts';
import type { SubmitRecord } from '@dtq/generated/schemas/types.ts';
import { SUBMIT_KEYS_TTL_MS, submitKeysKey } from '@dtq/generated/storage/submit-keys.ts';
import * as tolerant from '@dtq/generated/validators/tolerant.ts';
import { answerWithin } from './deadline.ts';
import type { RedisConnection } from './redis-client.ts';
import { RedisScript } from './redis-script.ts';

const PART = 'redis';

/** No answer takes longer, in milliseconds. */
const ANSWER_MS = 1000;

// Writes where the text that stands there is the expected one ('' for none), else gives that text. The rule of what may take
// the place of what is core's, run by the caller.
const CLAIM = new RedisScript(`
local there = redis.call('GET', KEYS[1]) or ''
if there ~= ARGV[1] then return there end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return false
`);

/** What came of each Idempotency-Key: a record as JSON, with a time to live. */
export class RedisSubmitKeys implements SubmitKeys {
  readonly #redis: RedisConnection;
  readonly #log: Logger;

  constructor(redis: RedisConnection, log: Logger) {
    this.#redis = redis;
    this.#log = log;
  }

  claim(key: string, record: SubmitRecord): Promise<SubmitRecord | null> {
    const end = performance.now() + ANSWER_MS;
    return answerWithin(PART, ANSWER_MS, 'claiming a key', this.#claim(submitKeysKey(key), record, end));
  }

  async settle(key: string, record: SubmitRecord): Promise<void> {
    const set = ['SET', submitKeysKey(key), JSON.stringify(record), 'PX', String(SUBMIT_KEYS_TTL_MS)];
    await answerWithin(PART, ANSWER_MS, 'settling a key', this.#redis.send(set));
  }

  async #claim(key: string, record: SubmitRecord, end: number): Promise<SubmitRecord | null> {
    const text = JSON.stringify(record);
    for (let expected = ''; performance.now() < end; ) {
      const there = await CLAIM.run(this.#redis, [key], [expected, text, String(SUBMIT_KEYS_TTL_MS)]);
      if (there === null) return null;
      expected = String(there);
      const stands = this.#decode(expected);
      if (!mayClaim(stands, record)) return stands;
    }
    throw new Unavailable(PART, 'others kept changing the record of a key');
  }

  /** What no reader can understand counts as nothing. */
  #decode(text: string): SubmitRecord | null {
    if (text === '') return null;
    try {
      const record = parseJson(text);
      if (tolerant.SubmitRecord(record)) return record;
    } catch (error) {
      if (!(error instanceof JsonRefused)) throw error;
    }
    this.#log.warn('the record of a key cannot be read, and counts as nothing');
    return null;
  }
}
