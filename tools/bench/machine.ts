import os from 'node:os';
import { readSettings } from '@dtq/infra/settings.ts';

/** What a figure depends on, without a word on whose machine it is. */
export interface Machine {
  readonly when: string;
  readonly cores: number;
  readonly processor: string;
  readonly memoryGiB: number;
  readonly system: string;
  readonly node: string;
  readonly servers: string;
  /** Of the last minute before the run: what else went on. */
  readonly load: string;
}

export function describeMachine(): Machine {
  const { record } = readSettings();
  return {
    when: new Date().toISOString().slice(0, 10),
    cores: os.availableParallelism(),
    processor: os.cpus()[0]?.model.trim() ?? 'unknown',
    memoryGiB: Math.round(os.totalmem() / 2 ** 30),
    system: `${os.type()} ${os.arch()}`,
    node: process.versions.node,
    servers: record === undefined ? 'unknown' : `${record.road}, the MongoDB wire is ${record.mongodb}`,
    load: (os.loadavg()[0] ?? 0).toFixed(1),
  };
}
