import { createHash } from 'node:crypto';
import type { RedisConnection } from './redis-client.ts';

/** A script that runs in the server as one step. It is sent once, then named by its digest. */
export class RedisScript {
  readonly #source: string;
  readonly #digest: string;

  constructor(source: string) {
    this.#source = source;
    this.#digest = createHash('sha1').update(source).digest('hex');
  }

  /** Rejects as the driver does. */
  async run(redis: RedisConnection, keys: readonly string[], args: readonly string[]): Promise<unknown> {
    const given = [String(keys.length), ...keys, ...args];
    try {
      return await redis.send(['EVALSHA', this.#digest, ...given]);
    } catch (error) {
      // A server that was started anew, or told to forget, does not know the script.
      if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
      return await redis.send(['EVAL', this.#source, ...given]);
    }
  }
}
