/**
 * A text of RFC 3339 as SQL that gives milliseconds since 1970, cut as Date.parse cuts them, or NULL where it is none. All our
 * times are in UTC, so that what follows the digits says nothing.
 */
function milliseconds(time: string): string {
  const digits = `substr(rtrim(replace(replace(upper(${time}), '+00:00', ''), '-00:00', ''), 'Z'), 1, 23)`;
  // Only what begins like a date: the functions of SQLite know words, too, whose meaning depends on when they are asked.
  return `CASE WHEN ${time} GLOB '[0-9][0-9][0-9][0-9]-*' THEN CAST(round(unixepoch(${digits}, 'subsec') * 1000) AS INTEGER) END`;
}

/** A text inside a JSON document, as SQL; NULL where it has none, or is no JSON. */
function text(document: string, path: string): string {
  return `CASE WHEN json_valid(${document}) THEN CAST(json_extract(${document}, '${path}') AS TEXT) END`;
}

const inResult = (path: string): string => text('document', path);
const inMessage = (path: string): string => text('CAST(value AS TEXT)', path);

/** Fills the columns of a document from the document itself. */
const READ_DOCUMENT = `
  UPDATE job_results SET
    job_type = ${inResult('$.job_type')},
    final_state = ${inResult('$.final_state')},
    error_code = ${inResult('$.error.code')},
    trace_id = ${inResult('$.trace_id')},
    is_submitted = ${milliseconds(inResult('$.submitted_at'))} IS NOT NULL,
    listed_at = coalesce(${milliseconds(inResult('$.submitted_at'))}, ${milliseconds(inResult('$.completed_at'))}),
    started_at = ${milliseconds(inResult('$.started_at'))}`;

/**
 * Version 2: the whole life of a job. Open jobs and counts are kept by triggers and by the writers' own transactions; what a
 * file of version 1 knows of its jobs is filled in.
 */
export const WHOLE_LIFE = `
  ALTER TABLE job_queue ADD COLUMN priority TEXT NOT NULL DEFAULT 'normal' CHECK (priority IN ('high', 'normal', 'low'));
  DROP INDEX job_queue_free;
  CREATE INDEX job_queue_free ON job_queue (job_type, priority, id) WHERE due_at = 0;

  ALTER TABLE dead_letters ADD COLUMN violations TEXT NOT NULL DEFAULT '[]';
  ALTER TABLE dead_letters ADD COLUMN job_id TEXT;
  ALTER TABLE dead_letters ADD COLUMN trace_id TEXT;
  ALTER TABLE dead_letters ADD COLUMN dead_letter_id TEXT NOT NULL
    AS (source_topic || ':' || source_partition || ':' || source_offset) VIRTUAL;
  UPDATE dead_letters SET job_id = lower(${inMessage('$.job_id')})
    WHERE ${inMessage('$.job_id')} LIKE '________-____-____-____-____________';
  CREATE UNIQUE INDEX dead_letters_id ON dead_letters (dead_letter_id);
  CREATE INDEX dead_letters_newest ON dead_letters (buried_at, dead_letter_id);
  CREATE INDEX dead_letters_newest_of_type ON dead_letters (job_type, buried_at, dead_letter_id);

  -- place: where an open job stands; NULL for one that has ended, or of which nobody has said what and since when it is.
  -- A row with a place outlives the time to live of its status, and then only says that the job is open.
  ALTER TABLE job_status ADD COLUMN job_type TEXT;
  ALTER TABLE job_status ADD COLUMN submitted_at INTEGER;
  ALTER TABLE job_status ADD COLUMN place TEXT CHECK (place IN ('scheduled', 'queued', 'running'));
  DROP INDEX job_status_expiry;
  CREATE INDEX job_status_expiry ON job_status (expires_at) WHERE place IS NULL;
  CREATE INDEX job_status_open ON job_status (job_type, place, submitted_at, job_id) WHERE place IS NOT NULL;

  CREATE TABLE open_job_counts (
    job_type TEXT NOT NULL,
    place TEXT NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (job_type, place)
  ) STRICT, WITHOUT ROWID;
  CREATE TRIGGER job_status_opened AFTER INSERT ON job_status WHEN new.place IS NOT NULL BEGIN
    INSERT INTO open_job_counts VALUES (new.job_type, new.place, 1)
      ON CONFLICT (job_type, place) DO UPDATE SET count = count + 1;
  END;
  CREATE TRIGGER job_status_moved AFTER UPDATE OF place, job_type ON job_status
  WHEN old.place IS NOT new.place OR old.job_type IS NOT new.job_type BEGIN
    UPDATE open_job_counts SET count = count - 1 WHERE job_type = old.job_type AND place = old.place;
    INSERT INTO open_job_counts SELECT new.job_type, new.place, 1 WHERE new.place IS NOT NULL
      ON CONFLICT (job_type, place) DO UPDATE SET count = count + 1;
  END;
  CREATE TRIGGER job_status_removed AFTER DELETE ON job_status WHEN old.place IS NOT NULL BEGIN
    UPDATE open_job_counts SET count = count - 1 WHERE job_type = old.job_type AND place = old.place;
  END;

  CREATE INDEX only_for_this ON job_queue (key, id);
  -- Of a job that waits the queue knows the type, and its message when it was submitted.
  UPDATE job_status SET
    job_type = (SELECT job_type FROM job_queue WHERE key = job_id ORDER BY id LIMIT 1),
    submitted_at = coalesce(
      (SELECT ${milliseconds(inMessage('$.submitted_at'))} FROM job_queue WHERE key = job_id ORDER BY id LIMIT 1),
      ${milliseconds(text('status', '$.history[0].at'))}, ${milliseconds(text('status', '$.updated_at'))}, 0)
  WHERE ${text('status', '$.state')} IN ('queued', 'running') AND job_id IN (SELECT key FROM job_queue);
  UPDATE job_status SET place = ${text('status', '$.state')} WHERE job_type IS NOT NULL;

  -- What lists ask for. is_submitted: whether the document says when its job was submitted; listed_at: that time, else the one
  -- at which it was completed. Whoever puts a document there by hand need not know of this.
  ALTER TABLE job_results ADD COLUMN job_type TEXT;
  ALTER TABLE job_results ADD COLUMN final_state TEXT;
  ALTER TABLE job_results ADD COLUMN error_code TEXT;
  ALTER TABLE job_results ADD COLUMN trace_id TEXT;
  ALTER TABLE job_results ADD COLUMN is_submitted INTEGER;
  ALTER TABLE job_results ADD COLUMN listed_at INTEGER;
  ALTER TABLE job_results ADD COLUMN started_at INTEGER;
  ${READ_DOCUMENT};
  CREATE INDEX job_results_newest
    ON job_results (job_type, final_state, is_submitted, listed_at, job_id, started_at);
  CREATE INDEX job_results_newest_of_error
    ON job_results (error_code, job_type, is_submitted, listed_at, job_id, started_at) WHERE error_code IS NOT NULL;
  CREATE INDEX job_results_trace ON job_results (trace_id);

  CREATE TABLE job_counts (
    job_type TEXT NOT NULL,
    final_state TEXT NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (job_type, final_state)
  ) STRICT, WITHOUT ROWID;
  INSERT INTO job_counts
    SELECT job_type, final_state, count(*) FROM job_results
    WHERE job_type IS NOT NULL AND final_state IS NOT NULL GROUP BY job_type, final_state;
  CREATE TRIGGER job_results_put_by_hand AFTER INSERT ON job_results WHEN new.job_type IS NULL BEGIN
    ${READ_DOCUMENT} WHERE job_id = new.job_id;
  END;
  CREATE TRIGGER job_results_added AFTER INSERT ON job_results
  WHEN new.job_type IS NOT NULL AND new.final_state IS NOT NULL BEGIN
    INSERT INTO job_counts VALUES (new.job_type, new.final_state, 1)
      ON CONFLICT (job_type, final_state) DO UPDATE SET count = count + 1;
  END;
  CREATE TRIGGER job_results_read AFTER UPDATE OF job_type ON job_results
  WHEN old.job_type IS NULL AND new.job_type IS NOT NULL AND new.final_state IS NOT NULL BEGIN
    INSERT INTO job_counts VALUES (new.job_type, new.final_state, 1)
      ON CONFLICT (job_type, final_state) DO UPDATE SET count = count + 1;
  END;
  CREATE TRIGGER job_results_removed AFTER DELETE ON job_results BEGIN
    UPDATE job_counts SET count = count - 1 WHERE job_type = old.job_type AND final_state = old.final_state;
  END;

  -- Jobs that wait though nothing tells of them any more: neither a status nor a document.
  INSERT INTO job_status (job_id, status, expires_at, job_type, place, submitted_at)
    SELECT key, '', 0, job_type, 'queued', coalesce(${milliseconds(inMessage('$.submitted_at'))}, 0)
    FROM job_queue WHERE ${inMessage('$.job_id')} = key AND key NOT IN (SELECT job_id FROM job_results)
    ON CONFLICT (job_id) DO NOTHING;
  DROP INDEX only_for_this;

  -- Times in ms since 1970. owner: who has the lease that ends at leased_until; what stands in the row is the row as it was put.
  CREATE TABLE job_schedule (
    schedule_id TEXT PRIMARY KEY,
    job_id TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    leased_until INTEGER NOT NULL,
    owner TEXT,
    row TEXT NOT NULL
  ) STRICT;
  CREATE INDEX job_schedule_due ON job_schedule (due_at);
  CREATE INDEX job_schedule_job ON job_schedule (job_id);

  CREATE TABLE job_replays (
    job_id TEXT PRIMARY KEY,
    replay_of TEXT NOT NULL,
    replayed_at TEXT NOT NULL,
    replay TEXT NOT NULL
  ) STRICT;
  CREATE INDEX job_replays_newest ON job_replays (replay_of, replayed_at, job_id);

  CREATE TABLE submit_keys (
    key TEXT PRIMARY KEY,
    record TEXT NOT NULL,
    expires_at INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX submit_keys_expiry ON submit_keys (expires_at);
`;
