import { STATS } from './schema-stats.ts';
import { WHOLE_LIFE } from './schema-whole-life.ts';

/** Marks a file as ours: "dtq1" in the four bytes that SQLite keeps for this in a file's header. */
export const APPLICATION_ID = 0x64747131;

/**
 * What makes a file of each version out of the one before; a file's `user_version` says how many it has had. Entries are
 * only ever added: a file that is out in the world has run the old ones.
 */
export const MIGRATIONS: readonly string[] = [
  `
  -- Where a job waits. due_at: 0 for a row that may be taken, else the time before which it may not, in ms since 1970.
  -- What is being delivered is known to the owner's memory alone, so nothing of it is left when the owner dies.
  -- AUTOINCREMENT: an id is the offset of a message, and no offset is ever given twice.
  CREATE TABLE job_queue (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    job_type TEXT NOT NULL,
    key TEXT,
    value BLOB NOT NULL,
    headers TEXT NOT NULL DEFAULT '{}',
    deliveries INTEGER NOT NULL DEFAULT 0,
    due_at INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  CREATE INDEX job_queue_free ON job_queue (job_type, id) WHERE due_at = 0;
  CREATE INDEX job_queue_waiting ON job_queue (job_type, due_at) WHERE due_at > 0;
  CREATE INDEX job_queue_key ON job_queue (job_type, key, id);

  CREATE TABLE dead_letters (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    job_type TEXT NOT NULL,
    key TEXT,
    value BLOB NOT NULL,
    headers TEXT NOT NULL,
    reason TEXT NOT NULL,
    source_topic TEXT NOT NULL,
    source_partition INTEGER NOT NULL,
    source_offset INTEGER NOT NULL,
    buried_at TEXT NOT NULL,
    UNIQUE (source_topic, source_partition, source_offset)
  ) STRICT;

  CREATE TABLE job_status (
    job_id TEXT PRIMARY KEY,
    status TEXT NOT NULL,
    expires_at INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX job_status_expiry ON job_status (expires_at);

  CREATE TABLE job_results (
    job_id TEXT PRIMARY KEY,
    document TEXT NOT NULL
  ) STRICT;
  `,
  WHOLE_LIFE,
  STATS,
];
