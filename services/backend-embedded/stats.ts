import type { StatementSync } from 'node:sqlite';
import type { Stats } from '@dtq/core/ports.ts';
import { RESOLUTIONS, type Resolution, startOf } from '@dtq/core/resolutions.ts';
import type { Database } from './database.ts';
import { STATUS_PART } from './status-row.ts';

/** Counters of what ended, as a table: a row for each minute or hour and field. What is too old goes with the next that is new. */
export class EmbeddedStats implements Stats {
  readonly #database: Database;
  readonly #add: StatementSync;
  readonly #read: StatementSync;
  readonly #forget: StatementSync;

  constructor(database: Database) {
    const { connection } = database;
    this.#database = database;
    this.#add = connection.prepare(
      `INSERT INTO stats (resolution, at, field, count) VALUES (?, ?, ?, ?)
       ON CONFLICT (resolution, at, field) DO UPDATE SET count = count + excluded.count`,
    );
    this.#read = connection.prepare('SELECT at, field, count FROM stats WHERE resolution = ? AND at >= ? ORDER BY at');
    this.#forget = connection.prepare('DELETE FROM stats WHERE resolution = ? AND at < ?');
  }

  async add(at: number, counts: Readonly<Record<string, number>>): Promise<void> {
    await this.#database.commits.write(STATUS_PART, () => {
      for (const [resolution, { keptMs }] of Object.entries(RESOLUTIONS) as [Resolution, { keptMs: number }][]) {
        const start = startOf(resolution, at);
        for (const [field, count] of Object.entries(counts)) this.#add.run(resolution, start, field, count);
        this.#forget.run(resolution, at - keptMs);
      }
    });
  }

  async read(resolution: Resolution, since: number): ReturnType<Stats['read']> {
    return this.#database.commits.read(STATUS_PART, () => {
      const points = new Map<number, Record<string, number>>();
      for (const row of this.#read.iterate(resolution, since)) {
        const { at, field, count } = row as { at: number; field: string; count: number };
        const counts = points.get(at) ?? {};
        counts[field] = count;
        points.set(at, counts);
      }
      return [...points].map(([at, counts]) => ({ at, counts }));
    });
  }
}
