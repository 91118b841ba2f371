import { statSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { Unavailable } from '@dtq/core/errors.ts';
import type { Part } from '@dtq/core/ports.ts';
import { asUnavailable, faultOf } from './faults.ts';

/** Writes of one transaction at most: some milliseconds of work, so that requests are still served in between. */
const MOST_AT_ONCE = 512;

interface Write {
  readonly part: Part;
  readonly work: () => unknown;
  readonly committed: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Puts all writes of one turn of the event loop into one transaction, since a commit costs as much as many writes. A caller
 * hears of its own write alone, and only after the commit: a write that fails is rolled back with the others, and the others
 * are then made one by one.
 */
export class GroupCommit {
  readonly #connection: DatabaseSync;
  readonly #file: string;
  readonly #identity: string | undefined;
  #waiting: Write[] = [];
  #rolledBack: () => void = () => {};
  #scheduled = false;
  #closed = false;

  constructor(connection: DatabaseSync, file: string) {
    this.#connection = connection;
    this.#file = file;
    this.#identity = identityOf(file);
  }

  /**
   * Resolves to what `work` returned once it is committed; rejects with Unavailable where the disk or the file fails, and
   * with what `work` threw. `work` may read and write, sees the writes before it, and may run twice: all else that it does
   * belongs into `committed`, which runs right after the commit, in the order of the writes.
   */
  write<T>(part: Part, work: () => T, committed?: (value: T) => void): Promise<T> {
    if (this.#closed) return Promise.reject(closed(part));
    return new Promise<T>((resolve, reject) => {
      this.#waiting.push({
        part,
        work,
        committed: (value) => {
          try {
            committed?.(value as T);
            resolve(value as T);
          } catch (error) {
            reject(error);
          }
        },
        reject,
      });
      this.#schedule();
    });
  }

  /** Reads what is committed. Throws Unavailable as `write` rejects with it. */
  read<T>(part: Part, work: () => T): T {
    if (this.#closed) throw closed(part);
    try {
      return work();
    } catch (error) {
      throw asUnavailable(part, error);
    }
  }

  /** Calls back whenever the writes of a transaction are undone; some of them may then be made once more, in others. */
  onRollBack(listener: () => void): void {
    this.#rolledBack = listener;
  }

  /** Throws Unavailable where the file has gone: SQLite would go on writing into a file that nobody finds again. */
  check(part: Part): void {
    if (this.#closed) throw closed(part);
    if (identityOf(this.#file) !== this.#identity)
      throw new Unavailable(part, 'the data file was removed or replaced while it was in use');
  }

  /** Commits what waits, and takes nothing more. */
  close(): void {
    this.#closed = true;
    while (this.#waiting.length > 0) this.#commitSome();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#commitSome();
      if (this.#waiting.length > 0) this.#schedule();
    });
  }

  #commitSome(): void {
    const writes = this.#waiting.splice(0, MOST_AT_ONCE);
    if (writes.length === 0) return;
    if (identityOf(this.#file) !== this.#identity) {
      for (const { part, reject } of writes)
        reject(new Unavailable(part, 'the data file was removed or replaced while it was in use'));
      return;
    }
    const error = this.#commit(writes);
    if (error === undefined) return;
    if (writes.length > 1 && faultOf(error.cause) === undefined) {
      for (const write of writes) this.#commitAlone(write);
      return;
    }
    for (const { part, reject } of writes) reject(asUnavailable(part, error.cause));
  }

  #commitAlone(write: Write): void {
    const error = this.#commit([write]);
    if (error !== undefined) write.reject(asUnavailable(write.part, error.cause));
  }

  /** Makes the writes and tells their callers; gives what went wrong instead, and then nothing is written. */
  #commit(writes: readonly Write[]): { readonly cause: unknown } | undefined {
    const values: unknown[] = [];
    try {
      this.#connection.exec('BEGIN IMMEDIATE');
      for (const { work } of writes) values.push(work());
      this.#connection.exec('COMMIT');
    } catch (cause) {
      this.#rollBack();
      return { cause };
    }
    writes.forEach(({ committed }, index) => {
      committed(values[index]);
    });
    return undefined;
  }

  #rollBack(): void {
    this.#rolledBack();
    // After some faults SQLite has rolled back by itself, and a ROLLBACK of nothing is an error.
    if (!this.#connection.isTransaction) return;
    try {
      this.#connection.exec('ROLLBACK');
    } catch {
      // The disk fails again; the next BEGIN tells its caller so.
    }
  }
}

function closed(part: Part): Unavailable {
  return new Unavailable(part, 'the backend is closed');
}

function identityOf(file: string): string | undefined {
  const found = statSync(file, { throwIfNoEntry: false });
  return found === undefined ? undefined : `${found.dev}:${found.ino}`;
}
