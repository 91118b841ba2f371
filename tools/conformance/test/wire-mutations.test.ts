import { describeWithStack } from '@dtq/backend-distributed/test/stack.ts';
import { Connection } from 'rabbitmq-client';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CHECKS } from '../checks/index.ts';
import { openKafka } from '../wires/kafka.ts';
import { openMongo, openRedis } from '../wires/stores.ts';
import { askOne, expectBroken } from './ask.ts';
import { distributedServer } from './distributed-server.ts';
import { otherResponder } from './other-responder.ts';
import { otherWorker } from './other-worker.ts';
import { type Ground, WIRE_MUTATIONS } from './wire-mutations.ts';

// As http-mutations.test.ts, for what is promised beside HTTP.

const TIMEOUT_MS = 180_000;
const overWires = CHECKS.filter(({ id }) => !id.startsWith('http.'));

it('there is a mutation for every check beside HTTP, and for nothing else', () => {
  expect(Object.keys(WIRE_MUTATIONS)).toEqual(overWires.map(({ id }) => id));
});

describeWithStack('a server that breaks one promise beside HTTP', () => {
  let ground: Ground;
  let close: () => Promise<void> = async () => undefined;

  beforeAll(async () => {
    const server = await distributedServer();
    const { settings, unread } = server;
    const queue = `${settings.queue}.other`;
    const worker = await otherWorker(unread.settings);
    const responder = await otherResponder(String(settings.amqp), queue, server.fetch);
    const kafka = await openKafka(String(settings.kafka), []);
    const redis = await openRedis(String(settings.redis));
    const mongo = await openMongo(String(settings.mongo), settings.database);
    const connection = new Connection({ url: String(settings.amqp) });
    const expiring = `${queue}.expiring`;
    await connection.queueDeclare({ queue: expiring, durable: true, arguments: { 'x-message-ttl': 60_000 } });
    ground = { server, worker, responder, queue, kafka, redis, mongo };
    close = async () => {
      await connection.queueDelete({ queue: expiring });
      await Promise.all([worker.close(), responder.close(), connection.close()]);
      const names = await kafka.admin.listTopics();
      const short = `short.${unread.settings.topicTemplate.split('%s')[0]}`;
      await kafka.admin.deleteTopics({ topics: names.filter((name) => name.startsWith(short)) });
      await Promise.all([kafka.close(), redis.close(), mongo.close()]);
      await server.close();
    };
  }, TIMEOUT_MS);
  afterAll(() => close(), TIMEOUT_MS);

  for (const { id } of overWires) {
    const mutation = WIRE_MUTATIONS[id];
    if (mutation === undefined) continue;
    const { by, mutate, settings, around, says, breaks } = mutation;
    const isOther = mutation.worker !== undefined || mutation.responder !== undefined;

    /** Asks the check where the mutation stands, or would stand. */
    const ask = async (isBroken: boolean) => {
      const { server, queue, worker, responder } = ground;
      const where = by === 'ours' ? server : server.unread;
      worker.breaks = isBroken ? (mutation.worker ?? null) : null;
      responder.breaks = isBroken ? (mutation.responder ?? null) : null;
      const more = isBroken ? await settings?.(ground) : {};
      const asked = { ...where.settings, ...(id.startsWith('amqp.') ? { queue } : {}), ...more };
      return askOne(id, where.fetch, isBroken && mutate !== undefined ? { mutate: mutate(ground) } : {}, asked);
    };

    it(`${id}: one that ${breaks}`, { timeout: TIMEOUT_MS }, async () => {
      // A worker or responder by another hand proves nothing by failing unless it can pass.
      if (isOther && id !== 'kafka.committed-after-outcome') expect(await ask(false)).toMatchObject({ result: 'kept' });
      const mend = await around?.(ground);
      try {
        expectBroken(await ask(true), { says, breaks });
      } finally {
        await mend?.();
        ground.worker.breaks = null;
        ground.responder.breaks = null;
      }
    });
  }
});
