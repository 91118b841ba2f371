import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { DeadLetter, Space } from '@dtq/backend-conformance/space.ts';
import { silentLogger } from '@dtq/core/log.ts';
import type { Backend } from '@dtq/core/ports.ts';
import { decodeJobStatus } from '@dtq/generated/storage/job-status.ts';
import { type EmbeddedBackend, openEmbeddedBackend } from '../backend.ts';
import { DATA_FILE } from '../database.ts';

/** A folder of its own, as a space of the conformance suite. */
export async function makeSpace(): Promise<Space> {
  const folder = mkdtempSync(path.join(tmpdir(), 'dtq-embedded-'));
  const dataDir = path.join(folder, 'data');
  let backend: EmbeddedBackend | undefined;
  /** What another program does: through a connection of its own. */
  const elsewhere = <T>(work: (connection: DatabaseSync) => T): T => {
    const connection = new DatabaseSync(path.join(dataDir, DATA_FILE), { timeout: 1000 });
    try {
      return work(connection);
    } finally {
      connection.close();
    }
  };
  return {
    open: async (): Promise<Backend> => {
      backend = await openEmbeddedBackend({ dataDir, log: silentLogger() });
      return backend;
    },
    openShortLived: async () => {
      let now = Date.now();
      const shortLived = await openEmbeddedBackend({
        dataDir: path.join(folder, 'short-lived'),
        log: silentLogger(),
        clock: { now: () => now },
        statusTtlMs: 1000,
      });
      return {
        backend: shortLived,
        pass: async () => {
          now += 1000;
        },
      };
    },
    putMessage: async (jobType, message) => backend?.queue.put(jobType, message),
    deadLetters: async (jobType) => elsewhere((connection) => deadLetters(connection, jobType)),
    putStatus: async (jobId, hash) =>
      elsewhere((connection) => {
        connection
          .prepare(
            `INSERT INTO job_status (job_id, status, expires_at) VALUES (?, ?, ?)
             ON CONFLICT (job_id) DO UPDATE SET status = excluded.status, expires_at = excluded.expires_at`,
          )
          .run(jobId, JSON.stringify({ ...hash, ...decodeJobStatus(hash) }), Date.now() + 60_000);
      }),
    putDocument: async (document) =>
      elsewhere((connection) => {
        connection
          .prepare('INSERT INTO job_results (job_id, document) VALUES (?, ?)')
          .run(String(document['job_id']), JSON.stringify(document));
      }),
    remove: async () => rmSync(folder, { recursive: true, force: true }),
  };
}

function deadLetters(connection: DatabaseSync, jobType: string): DeadLetter[] {
  const rows = connection.prepare('SELECT * FROM dead_letters WHERE job_type = ?').all(jobType);
  return rows.map((row) => ({
    key: row['key'] as string | null,
    value: row['value'] as Uint8Array,
    reason: String(row['reason']),
    source: {
      topic: String(row['source_topic']),
      partition: Number(row['source_partition']),
      offset: String(row['source_offset']),
    },
  }));
}
