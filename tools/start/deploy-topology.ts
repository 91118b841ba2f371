import { readDistributedConfig } from '@dtq/backend-distributed/config.ts';
import { deployTopology } from '@dtq/backend-distributed/topology.ts';
import { ConfigReader } from '@dtq/core/config.ts';
import { createLogger, readLogOptions } from '@dtq/core/log.ts';
import { runMain } from '@dtq/core/main.ts';

// Makes the topics, the queue and the collection that the contracts name, where they are missing. To be run at a deployment.

await runMain('dtq', async () => {
  const reader = new ConfigReader(process.env);
  const config = readDistributedConfig(reader, 'worker');
  const options = readLogOptions(reader);
  reader.finish();
  const { name, supported, reason } = await deployTopology({ config, log: createLogger(options) });
  console.log(`topics, queue and collection are there; ${name}: ${supported ? 'yes' : 'no'} (${reason})`);
});
