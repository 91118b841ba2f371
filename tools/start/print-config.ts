import { readApiProcessConfig } from '@dtq/api/process-config.ts';
import { readDistributedConfig } from '@dtq/backend-distributed/config.ts';
import { ConfigReader } from '@dtq/core/config.ts';
import { runMain } from '@dtq/core/main.ts';
import { readWorkerProcessConfig } from '@dtq/worker/process-config.ts';

// The effective configuration of an API and a worker on the real servers, secrets hidden. Faults are said as a start says them.

await runMain('dtq', async () => {
  const reader = new ConfigReader(process.env);
  readApiProcessConfig(reader, (from) => readDistributedConfig(from, 'api'));
  readWorkerProcessConfig(reader, (from) => readDistributedConfig(from, 'worker'));
  const settings = reader.settings();
  const width = Math.max(...settings.map(({ name }) => name.length));
  for (const { name, value, isDefault } of settings) {
    console.log(`${name.padEnd(width)}  ${isDefault ? 'default    ' : 'environment'}  ${value}`.trimEnd());
  }
  reader.finish();
});
