import { aJob, aResult, aRow } from '@dtq/backend-conformance/samples.ts';
import { silentLogger } from '@dtq/core/log.ts';
import { openEmbeddedBackend } from '../backend.ts';

// A program of its own that owns a data folder until it is killed. It publishes so many jobs, one after the other,
// each with a row of the schedule and a document, and then
// takes them and never ends any. What it says on standard output, one JSON value a line, has come true by then.

const [dataDir = '', jobs = '0'] = process.argv.slice(2);
const say = (value: unknown): void => void process.stdout.write(`${JSON.stringify(value)}\n`);

const backend = await openEmbeddedBackend({ dataDir, log: silentLogger() });
say('open');
for (let count = 0; count < Number(jobs); count += 1) {
  const job = aJob();
  await backend.queue.publish(job);
  say({ published: job.job_id });
  await Promise.all([backend.schedule.put(aRow(job)), backend.results.insert(aResult(job.job_id))]);
  say({ kept: job.job_id });
}
await backend.queue.consume({
  jobTypes: ['weather'],
  concurrency: { weather: 1000 },
  deliver: ({ key }) => {
    say({ delivered: key });
    return new Promise(() => {});
  },
});
setInterval(() => {}, 1000);
