import { readEnvironment } from '@dtq/infra/environment.ts';
import { probe } from '@dtq/infra/probe.ts';
import { readSettings } from '@dtq/infra/settings.ts';

/** Before all tests: one line that says what is left out where the real servers are not up, and how to have it. */
export default async function announce(): Promise<void> {
  const environment = readEnvironment(readSettings().dir);
  const servers = ['kafka', 'redis', 'rabbitmq', 'mongodb'] as const;
  const answering =
    environment !== undefined &&
    (await Promise.allSettled(servers.map((server) => probe(server, environment, 3000)))).every(
      ({ status }) => status === 'fulfilled',
    );
  if (answering) return;
  const what = 'the tests on real servers (backend-distributed, wire, chaos)';
  if (process.env['CI'] !== undefined) throw new Error(`${what} need them: npm run infra:up -- --with-secantus`);
  console.log(`dtq: left out: ${what}; to run them too: npm run infra:up -- --with-secantus && npm test`);
}
