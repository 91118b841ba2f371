import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { JOB_PAGES } from '@dtq/generated/jobs/index.ts';
import type { SubmitJobRequest } from '@dtq/generated/schemas/types.ts';
import { freshFolder } from '@dtq/testkit/folder.ts';
import { type System, type SystemOptions, startSystem } from '@dtq/testkit/system.ts';
import { expect } from 'vitest';

const example = (await JOB_PAGES.weather()).examples[0];
export const PAYLOAD = example?.payload ?? { city: 'Austin', units: 'metric' };
export const OUTPUT = example?.output ?? { temperature: 1, condition: 'x', humidity_pct: 1, wind_kph: 1 };

/** A whole system, and the one file that it keeps everything in, opened beside it. */
export interface Observed extends System {
  readonly file: DatabaseSync;
  /** All rows of a table as they stand there. */
  rows(table: string): Record<string, unknown>[];
}

export async function observe(options: SystemOptions): Promise<Observed> {
  const dataDir = freshFolder();
  const system = await startSystem({ ...options, dataDir });
  const file = new DatabaseSync(path.join(dataDir, 'dtq.sqlite'), { readOnly: true });
  return { ...system, file, rows: (table) => file.prepare(`SELECT * FROM ${table}`).all() };
}

/** Submits a weather job, with more where it is given; gives the job's id. */
export async function submit(
  { client }: System,
  more: Partial<Omit<SubmitJobRequest & { job_type: 'weather' }, 'job_type'>> = {},
): Promise<string> {
  const { data, error } = await client.submitJob({ body: { job_type: 'weather', payload: PAYLOAD, ...more } });
  expect(error).toBeUndefined();
  return String(data?.job_id);
}

export function expectValid(validate: { (value: unknown): boolean; errors?: unknown }, value: unknown): void {
  expect(validate(value), `${JSON.stringify(validate.errors)} in ${JSON.stringify(value)}`).toBe(true);
}

/** A cell that holds JSON, parsed. */
export function json(cell: unknown): Record<string, unknown> {
  return JSON.parse(String(cell)) as Record<string, unknown>;
}
