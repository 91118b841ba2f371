import { createWriteStream } from 'node:fs';
import { openEmbeddedBackend } from '@dtq/backend-embedded/backend.ts';
import type { Synchronous } from '@dtq/backend-embedded/database.ts';
import { createLogger } from '@dtq/core/log.ts';
import { readTracingConfig } from '@dtq/core/tracing-config.ts';
import { openTelemetry } from '@dtq/telemetry/telemetry.ts';
import { readConfig } from '@dtq/testkit/app-over.ts';
import { workerOver } from '@dtq/testkit/worker-over.ts';
import { type JobsOptions, measureJobs, OUTPUT } from './in-process.ts';
import { submitterOver } from './submitter.ts';

// Ours over one SQLite file: the API's function and a worker in this process. Its first argument is what to do, as JSON.

export interface EmbeddedJobsOptions extends JobsOptions {
  readonly dataDir: string;
  readonly synchronous: Synchronous;
  /** Where the log goes, at `info`; none is written where it is left out. */
  readonly logFile?: string;
}

const options = JSON.parse(process.argv[2] ?? '{}') as EmbeddedJobsOptions;
const { dataDir, synchronous, logFile } = options;
const log = createLogger(
  { level: logFile === undefined ? 'silent' : 'info', format: 'json' },
  logFile === undefined ? undefined : createWriteStream(logFile),
);
const backend = await openEmbeddedBackend({ dataDir, log, synchronous });
const telemetry = await openTelemetry(readConfig(readTracingConfig), 'dtq', log);
const worker = await workerOver(backend, { handlers: { weather: async () => OUTPUT }, log, telemetry });
const result = await measureJobs(
  {
    submit: submitterOver(backend, log, telemetry),
    ended: async () => {
      const [{ completed, failed }, open] = await Promise.all([backend.results.counts(), backend.openJobs.counts()]);
      if (failed > 0) throw new Error(`${failed} jobs failed`);
      return completed - open.running;
    },
  },
  options,
);
await worker.stop();
await backend.close();
console.log(JSON.stringify({ result }));
