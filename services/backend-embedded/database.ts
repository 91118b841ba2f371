import { closeSync, mkdirSync, openSync, statSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { StartError } from '@dtq/core/errors.ts';
import { faultOf } from './faults.ts';
import { GroupCommit } from './group-commit.ts';
import { lockFolder } from './lock.ts';
import { APPLICATION_ID, MIGRATIONS } from './schema.ts';

/** The one file that holds everything, in the data folder. */
export const DATA_FILE = 'dtq.sqlite';

/** How much a commit outlives; see openDatabase. */
export type Synchronous = 'NORMAL' | 'FULL';

export interface Database {
  readonly connection: DatabaseSync;
  readonly commits: GroupCommit;
  /** Commits what waits, folds the log into the file, and lets the folder go. May be called twice. */
  close(): void;
}

/**
 * Opens the data file, made and brought to the newest schema if need be, for this process alone. Throws StartError, one line
 * for people, where the folder or the file cannot be used.
 *
 * A commit outlives the process, kill -9 included, with either kind of `synchronous`. NORMAL does not wait for the disk: a
 * power cut or a crash of the operating system may take the commits since the last checkpoint, newest first, and leaves the
 * file whole. FULL waits, and loses nothing that was answered; it costs one flush of the disk for each group of writes.
 */
export function openDatabase(dataDir: string, synchronous: Synchronous): Database {
  try {
    makeFolder(dataDir);
  } catch (error) {
    throw new StartError(`the data folder ${dataDir} cannot be made: ${(error as Error).message}`, { cause: error });
  }
  const lock = lockFolder(dataDir);
  const file = path.join(dataDir, DATA_FILE);
  let connection: DatabaseSync | undefined;
  try {
    // Nobody else writes; a tool that does so all the same is waited for, in ms, while nothing else can happen.
    // Only the owner may look inside, in whatever folder it lies; SQLite gives the log beside it the same mode.
    closeSync(openSync(file, 'a', 0o600));
    connection = new DatabaseSync(file, { timeout: 250, enableForeignKeyConstraints: true });
    prepare(connection, file, synchronous);
    return database(connection, file, () => lock.release());
  } catch (error) {
    connection?.close();
    lock.release();
    if (error instanceof StartError) throw error;
    throw new StartError(`${file} cannot be used: ${faultOf(error) ?? (error as Error).message}`, { cause: error });
  }
}

/** Makes a folder and those above it, for this user alone. One by one, for a recursive mkdir never ends below /proc. */
function makeFolder(folder: string): void {
  const found = statSync(folder, { throwIfNoEntry: false });
  if (found?.isDirectory()) return;
  if (found !== undefined) throw new Error('it is a file, not a folder');
  if (path.dirname(folder) !== folder) makeFolder(path.dirname(folder));
  mkdirSync(folder, { mode: 0o700 });
}

function database(connection: DatabaseSync, file: string, release: () => void): Database {
  const commits = new GroupCommit(connection, file);
  let open = true;
  return {
    connection,
    commits,
    close: () => {
      if (!open) return;
      open = false;
      commits.close();
      try {
        connection.exec('PRAGMA wal_checkpoint(TRUNCATE)');
      } catch {
        // The log stays beside the file, and the next start reads it.
      }
      connection.close();
      release();
    },
  };
}

function prepare(connection: DatabaseSync, file: string, synchronous: Synchronous): void {
  const version = numberOf(connection, 'user_version');
  const application = numberOf(connection, 'application_id');
  const isEmpty = connection.prepare('SELECT 1 FROM sqlite_schema LIMIT 1').get() === undefined;
  if (application !== APPLICATION_ID && !(isEmpty && application === 0))
    throw new StartError(`${file} is a database of another program`);
  if (version > MIGRATIONS.length)
    throw new StartError(
      `${file} was written by a newer dtq (its schema is ${version}, this dtq knows ${MIGRATIONS.length})`,
    );
  const { journal_mode: mode } = connection.prepare('PRAGMA journal_mode = WAL').get() ?? {};
  if (mode !== 'wal') throw new StartError(`${file} lies on a file system that cannot hold a write-ahead log`);
  // A checkpoint writes and flushes while nothing else can happen: a few of 16 MB cost less than many of 4. 32 MB of cache
  // keep the upper parts of every index in memory, however many jobs wait.
  connection.exec(`
    PRAGMA synchronous = ${synchronous};
    PRAGMA wal_autocheckpoint = 4000;
    PRAGMA journal_size_limit = 67108864;
    PRAGMA cache_size = -32768;
    PRAGMA temp_store = MEMORY;
  `);
  migrate(connection, version);
}

/** Runs the migrations that a file of a version has not had, each with its number in one transaction. */
function migrate(connection: DatabaseSync, version: number): void {
  for (const [index, migration] of MIGRATIONS.entries()) {
    if (index < version) continue;
    connection.exec(
      `BEGIN IMMEDIATE; ${migration} PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${index + 1}; COMMIT`,
    );
  }
}

function numberOf(connection: DatabaseSync, pragma: string): number {
  return Number(connection.prepare(`PRAGMA ${pragma}`).get()?.[pragma]);
}
