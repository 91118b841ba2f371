import { Unavailable } from '@dtq/core/errors.ts';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Database, openDatabase } from './database.ts';
import { freshDataDir, sql } from './test/folder.ts';

function opened(): Database & { readonly dataDir: string } {
  const dataDir = freshDataDir();
  const database = openDatabase(dataDir, 'NORMAL');
  onTestFinished(() => database.close());
  return { ...database, dataDir };
}

const add = ({ connection }: Database, id: string): void =>
  void connection.prepare("INSERT INTO job_status (job_id, status, expires_at) VALUES (?, '{}', 0)").run(id);

const idsIn = (dataDir: string) =>
  sql(dataDir, 'SELECT job_id FROM job_status ORDER BY rowid').map((row) => row['job_id']);

describe('writes of one turn', () => {
  it('are one transaction, and nobody hears of a write before it is committed', async () => {
    const database = opened();
    const order: string[] = [];
    const write = (id: string): Promise<void> =>
      database.commits.write(
        'redis',
        () => add(database, id),
        () => order.push(`${id}, ${idsIn(database.dataDir).length} rows for others`),
      );
    await Promise.all(['a', 'b', 'c'].map(write));
    expect(order).toEqual(['a, 3 rows for others', 'b, 3 rows for others', 'c, 3 rows for others']);
  });

  it('that fail do not fail the others, and leave nothing of themselves', async () => {
    const database = opened();
    const { commits } = database;
    const defect = new Error('a defect, made by this test');
    const answers = await Promise.allSettled([
      commits.write('redis', () => add(database, 'a')),
      commits.write('redis', () => {
        add(database, 'half');
        throw defect;
      }),
      commits.write('redis', () => add(database, 'a')),
      commits.write('redis', () => add(database, 'b')),
    ]);
    expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled']);
    expect((answers[1] as PromiseRejectedResult).reason).toBe(defect);
    expect(idsIn(database.dataDir)).toEqual(['a', 'b']);
  });

  it('are made in their order, and each sees those before it', async () => {
    const { commits, connection, ...database } = opened();
    const count = (): unknown => connection.prepare('SELECT count(*) AS rows FROM job_status').get()?.['rows'];
    const seen = await Promise.all(
      ['a', 'b', 'c'].map((id) =>
        commits.write('redis', () => {
          add({ commits, connection, ...database }, id);
          return count();
        }),
      ),
    );
    expect(seen).toEqual([1, 2, 3]);
  });

  it('more than one transaction takes are all made', async () => {
    const database = opened();
    const ids = Array.from({ length: 1500 }, (_, index) => `id ${index}`);
    await Promise.all(ids.map((id) => database.commits.write('redis', () => add(database, id))));
    expect(idsIn(database.dataDir)).toEqual(ids);
  });

  it('that wait when the file is closed are still committed, and later ones are refused', async () => {
    const database = opened();
    const waiting = database.commits.write('redis', () => add(database, 'a'));
    database.close();
    await waiting;
    expect(idsIn(database.dataDir)).toEqual(['a']);
    await expect(database.commits.write('redis', () => {})).rejects.toThrow(
      new Unavailable('redis', 'the backend is closed'),
    );
    database.close();
  });

  it('wait for another program that holds the file, and reject where it holds on', async () => {
    const database = opened();
    const { DatabaseSync } = await import('node:sqlite');
    const other = new DatabaseSync(`${database.dataDir}/dtq.sqlite`);
    other.exec('BEGIN IMMEDIATE');
    await expect(database.commits.write('redis', () => add(database, 'a'))).rejects.toThrow(
      new Unavailable('redis', 'another program holds the file'),
    );
    other.exec('ROLLBACK');
    other.close();
    await database.commits.write('redis', () => add(database, 'b'));
    expect(idsIn(database.dataDir)).toEqual(['b']);
  });
});
