import { mkdirSync, renameSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { aChange, aJob, aResult } from '@dtq/backend-conformance/samples.ts';
import { StartError, Unavailable } from '@dtq/core/errors.ts';
import { silentLogger } from '@dtq/core/log.ts';
import { PARTS } from '@dtq/core/ports.ts';
import { describe, expect, it } from 'vitest';
import { DATA_FILE, openDatabase } from './database.ts';
import { EmbeddedResultStore } from './mongodb.ts';
import { MIGRATIONS } from './schema.ts';
import { freshDataDir, open, sql } from './test/folder.ts';

const schemaOf = (dataDir: string) => sql(dataDir, 'SELECT type, name, sql FROM sqlite_schema ORDER BY type, name');

describe('opening a data folder', () => {
  it('makes it for this user alone, the folders above it included', async () => {
    const dataDir = path.join(freshDataDir(), 'below');
    await open(dataDir);
    expect(statSync(dataDir).mode & 0o777).toBe(process.platform === 'win32' ? statSync(dataDir).mode & 0o777 : 0o700);
  });

  it('runs each migration once: what a second start finds stays as it is', async () => {
    const dataDir = freshDataDir();
    const result = aResult();
    const first = await open(dataDir);
    await first.results.insert(result);
    await first.close();
    const schema = schemaOf(dataDir);
    const second = await open(dataDir);
    expect(await second.results.get(result.job_id)).toEqual(result);
    await second.close();
    expect(schemaOf(dataDir)).toEqual(schema);
    expect(sql(dataDir, 'PRAGMA user_version')).toEqual([{ user_version: MIGRATIONS.length }]);
  });

  const refused: readonly { title: string; prepare: (dataDir: string, file: string) => void; says: RegExp }[] = [
    {
      title: 'a file that is no database',
      prepare: (_, file) => writeFileSync(file, 'a text that somebody left here\n'.repeat(200)),
      says: /^.+dtq\.sqlite cannot be used: the file is damaged, or is no database$/,
    },
    {
      title: "another program's database",
      prepare: (_, file) => {
        const other = new DatabaseSync(file);
        other.exec('CREATE TABLE holidays (day TEXT)');
        other.close();
      },
      says: /^.+dtq\.sqlite is a database of another program$/,
    },
    {
      title: 'a database that a newer dtq wrote',
      prepare: (dataDir) => sql(dataDir, `PRAGMA user_version = ${MIGRATIONS.length + 1}`),
      says: /^.+dtq\.sqlite was written by a newer dtq \(its schema is 4, this dtq knows 3\)$/,
    },
    {
      title: 'a database whose pages are damaged',
      prepare: (_, file) => {
        const size = statSync(file).size;
        const header = new Uint8Array(size).fill(0xa5);
        header.set(new TextEncoder().encode('SQLite format 3\0'));
        writeFileSync(file, header);
      },
      says: /^.+dtq\.sqlite cannot be used: the file is damaged, or is no database$/,
    },
    {
      title: 'a database of ours that lacks a table',
      prepare: (dataDir) => sql(dataDir, 'DROP TABLE job_status'),
      says: /^.+dtq\.sqlite cannot be used: no such table: job_status$/,
    },
  ];
  for (const { title, prepare, says } of refused)
    it(`refuses ${title}, in one line`, async () => {
      const dataDir = freshDataDir();
      if (/program|no database/.test(title)) mkdirSync(dataDir);
      else await (await open(dataDir)).close();
      prepare(dataDir, path.join(dataDir, DATA_FILE));
      const error = await open(dataDir).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      expect(error).toBeInstanceOf(StartError);
      expect((error as StartError).message).toMatch(says);
    });

  it('refuses a folder that cannot be made, in one line', async () => {
    const parent = freshDataDir();
    writeFileSync(parent, 'a file where a folder should be');
    await expect(open(path.join(parent, 'data'))).rejects.toThrow(/^the data folder .+ cannot be made: /);
  });
});

describe('a disk that fails', () => {
  it('full: a write rejects as unavailable and leaves nothing behind; it heals when there is room', async () => {
    const dataDir = freshDataDir();
    const database = openDatabase(dataDir, 'NORMAL');
    const results = new EmbeddedResultStore(database, silentLogger());
    const pages = Number(database.connection.prepare('PRAGMA page_count').get()?.['page_count']);
    database.connection.exec(`PRAGMA max_page_count = ${pages}`);
    const many = Array.from({ length: 200 }, () => aResult());
    const answers = await Promise.allSettled(many.map((result) => results.insert(result)));
    expect(answers.map(({ status }) => status)).toEqual(many.map(() => 'rejected'));
    const [first] = answers as PromiseRejectedResult[];
    expect(first?.reason).toEqual(new Unavailable('mongodb', 'the disk is full'));
    expect(await results.get(many[0]?.job_id ?? '')).toBeNull();
    database.connection.exec('PRAGMA max_page_count = 1000000');
    expect((await results.insert(aResult())).inserted).toBe(true);
    database.close();
  });

  it('a data file that was moved away: writes and checks reject as unavailable, until it is back', async () => {
    const dataDir = freshDataDir();
    const file = path.join(dataDir, DATA_FILE);
    const backend = await open(dataDir);
    renameSync(file, `${file}.away`);
    const gone = 'the data file was removed or replaced while it was in use';
    await expect(backend.queue.publish(aJob())).rejects.toThrow(new Unavailable('kafka', gone));
    await expect(backend.results.insert(aResult())).rejects.toThrow(new Unavailable('mongodb', gone));
    const change = aChange(aJob().job_id, 'queued');
    await expect(backend.statuses.advance(change)).rejects.toThrow(new Unavailable('redis', gone));
    for (const part of ['kafka', 'redis', 'mongodb'] as const)
      await expect(backend.checks[part]()).rejects.toThrow(new Unavailable(part, gone));
    renameSync(`${file}.away`, file);
    await backend.queue.publish(aJob());
    for (const part of PARTS) await backend.checks[part]();
  });
});
