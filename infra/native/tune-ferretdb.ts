import { InfraError } from '../errors.ts';
import type { Secrets } from '../secrets.ts';
import type { Settings } from '../settings.ts';
import { KEY_FIELDS, MONGO_DATABASE } from '../stack.ts';
import { psql } from './postgres.ts';

/**
 * Makes reads by key quick on FerretDB: for each of `KEY_FIELDS` whose collection exists, a GIN index on the table that
 * holds it. FerretDB filters by jsonb containment, which the btree that it makes itself does not serve. May be called
 * at any time and as often as one likes; a table exists only once its collection does, so call it again after the
 * collections are made.
 *
 * @param database the MongoDB database, `dtq` unless a test has its own
 * @returns the collections that have the index now
 * @throws InfraError when PostgreSQL does not answer
 */
export async function tuneFerretdb(
  settings: Settings,
  secrets: Secrets,
  database: string = MONGO_DATABASE,
): Promise<string[]> {
  const known = await query(
    settings,
    secrets,
    `SELECT to_regclass('${identifier(database)}._ferretdb_database_metadata')`,
  );
  if (known[0] === undefined || known[0] === '') return [];
  const done = new Set<string>();
  for (const { collection, field } of KEY_FIELDS) {
    const tables = await query(
      settings,
      secrets,
      `SELECT _jsonb->>'table' FROM ${identifier(database)}._ferretdb_database_metadata WHERE _jsonb->>'_id' = '${collection}'`,
    );
    for (const table of tables) {
      const name = identifier(`${table}_${field}_gin`.slice(-63));
      await query(
        settings,
        secrets,
        `CREATE INDEX IF NOT EXISTS ${name} ON ${identifier(database)}.${identifier(table)} USING gin ((_jsonb->'${field}') jsonb_path_ops)`,
      );
      done.add(collection);
    }
  }
  return [...done];
}

/** The lines of the answer to one statement. */
async function query(settings: Settings, secrets: Secrets, sql: string): Promise<string[]> {
  const answer = await psql(settings.ports, secrets, `SET client_min_messages = warning; ${sql};`, 60_000);
  if (answer.code !== 0) throw new InfraError(`postgres: ${answer.stderr.trim().split('\n')[0] ?? 'no answer'}`);
  return answer.stdout.split('\n').filter((line) => line !== '');
}

function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
