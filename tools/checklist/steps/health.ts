import { hold, same, valid } from '@dtq/conformance/check.ts';
import * as strict from '@dtq/generated/validators/strict.ts';
import { readEnvironment } from '@dtq/infra/environment.ts';
import { probe } from '@dtq/infra/probe.ts';
import { readSettings } from '@dtq/infra/settings.ts';
import { PLATFORM_SERVERS } from '@dtq/infra/stack.ts';
import type { Step } from '../checklist.ts';
import { type Ground, urlOf } from '../ground.ts';

/** Each server asked in its own protocol, then the API which asks them too. */
export const serversAndApi: Step<Ground> = {
  id: 'api',
  title: 'Health: Kafka, RabbitMQ, Redis, MongoDB, and the API that starts on them',
  needs: ['deploy'],
  run: async (ground, notes) => {
    const environment = readEnvironment(readSettings().dir);
    hold(environment !== undefined, 'infra:up left no word of the servers');
    for (const server of PLATFORM_SERVERS) {
      notes.doing(`asking ${server}`);
      const began = performance.now();
      await probe(server, environment, 10_000);
      notes.show(server, `answers in its own protocol, after ${Math.round(performance.now() - began)} ms`);
    }
    notes.doing('starting the API');
    const { url, client, program } = await ground.startApi();
    const { data, response } = await client.getHealth();
    same(response.status, 200, 'the status of GET /healthz');
    const health = valid(strict.Health, data, 'the answer of GET /healthz');
    same(
      Object.values(health.checks),
      PLATFORM_SERVERS.map(() => true),
      'the checks of GET /healthz',
    );
    notes.show('GET /healthz', health);
    const ready = await client.getReadiness();
    same(ready.response.status, 200, 'the status of GET /readyz');
    notes.show('the log', program.logFile);
    return `all four answer; the API (process ${program.pid}) listens on ${url} and says ${health.status}`;
  },
};

export const worker: Step<Ground> = {
  id: 'worker',
  title: 'The worker starts, joins its groups and is healthy',
  needs: ['api'],
  run: async (ground, notes) => {
    const { provider, space } = ground.parts;
    // The job that waits is to stand still once the provider is called.
    provider.hold();
    const program = await ground.startWorker();
    const url = urlOf(program);
    const answer = await ground.until(`${url}/healthz answers 200`, async () => {
      const found = await fetch(`${url}/healthz`);
      return found.ok ? found : null;
    });
    const health = valid(strict.Health, await answer.json(), "the answer of the worker's /healthz");
    notes.show('GET /healthz', health);
    notes.doing('waiting for its share of the topics');
    const joined = await ground.until('the worker has joined its groups', () =>
      program.lines().find(({ msg }) => String(msg).includes('joined its group')),
    );
    notes.show('its log says', joined);
    notes.show('the log', program.logFile);
    return `process ${program.pid}; its groups are ${space.group}-TYPE`;
  },
};
