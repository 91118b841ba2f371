import type { StatementSync } from 'node:sqlite';
import { normalized } from '@dtq/core/job-facts.ts';
import { parseJson } from '@dtq/core/json.ts';
import type { Replays } from '@dtq/core/ports.ts';
import type { Replay } from '@dtq/generated/schemas/types.ts';
import * as tolerant from '@dtq/generated/validators/tolerant.ts';
import type { Database } from './database.ts';
import { RESULT_PART as PART } from './result-row.ts';

/** Which job repeats which, as a table. */
export class EmbeddedReplays implements Replays {
  readonly #database: Database;
  readonly #insert: StatementSync;
  readonly #select: StatementSync;

  constructor(database: Database) {
    const { connection } = database;
    this.#database = database;
    this.#insert = connection.prepare(
      `INSERT INTO job_replays (job_id, replay_of, replayed_at, replay) VALUES (?, ?, ?, ?)
       ON CONFLICT (job_id) DO NOTHING`,
    );
    this.#select = connection.prepare(
      `SELECT replay FROM job_replays WHERE replay_of IN (SELECT value FROM json_each(?))
       ORDER BY replayed_at DESC, job_id DESC`,
    );
  }

  async record(replay: Replay): Promise<void> {
    const { job_id, replay_of, replayed_at } = replay;
    await this.#database.commits.write(PART, () =>
      this.#insert.run(job_id, replay_of, normalized(replayed_at), JSON.stringify(replay)),
    );
  }

  async of(sources: readonly string[]): Promise<readonly Replay[]> {
    const rows = this.#database.commits.read(PART, () => this.#select.all(JSON.stringify(sources)));
    return (rows as { replay: string }[]).map(({ replay }) => parseJson(replay)).filter((one) => tolerant.Replay(one));
  }
}
