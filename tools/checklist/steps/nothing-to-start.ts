import { deployTopology } from '@dtq/backend-distributed/topology.ts';
import { hold, same } from '@dtq/conformance/check.ts';
import { silentLogger } from '@dtq/core/log.ts';
import { CHANNELS } from '@dtq/generated/messaging/channels.ts';
import { JOB_RESULTS } from '@dtq/generated/storage/job-results.ts';
import { tuneMongodb } from '@dtq/infra/control.ts';
import type { Step } from '../checklist.ts';
import type { Ground } from '../ground.ts';

/** Wiped: nothing stands under the names of this run; then made: what the contracts name, and nothing else. */
export const wipeAndDeploy: Step<Ground> = {
  id: 'deploy',
  title: 'Wipe, and make topics, queue, collections and indexes',
  run: async (ground, notes) => {
    const { space, servers } = ground.parts;
    notes.show('the servers', servers);
    // Redis has its databases whether somebody left something in one or not.
    await space.redis.flushDb();
    const before = await space.look();
    same(before, { topics: [], groups: [], queue: null, redis_keys: 0, collections: [] }, 'what stands after the wipe');
    notes.show('after the wipe', before);

    notes.doing('making topics, queue and collections');
    const config = space.fresh.config('worker');
    await deployTopology({ config, log: silentLogger() });
    await tuneMongodb(config.mongodb.database);
    const after = await ground.until('every topic is there', async () => {
      const found = await space.look();
      return found.topics.length === space.topics.length ? found : null;
    });
    notes.show('after the deployment', after);
    same(after.queue, space.queue, 'the queue of the progress questions');
    hold(after.collections.includes(space.collection), `the collection ${space.collection} is not there`);

    const topic = space.topicOf('weather');
    const { topics: described } = await space.admin.fetchTopicMetadata({ topics: [topic] });
    const partitions = described[0]?.partitions.length;
    same(partitions, CHANNELS.weatherJobs.kafka.partitions, `the partitions of ${topic}`);
    const indexes = await space.mongo.database.collection(space.collection).indexes();
    const [unique] = JOB_RESULTS.indexes;
    const found = indexes.find(({ name }) => name === unique.name);
    same({ key: found?.['key'], unique: found?.['unique'] }, { key: unique.keys, unique: true }, 'the unique index');
    notes.show('the index that keeps results single', { name: unique.name, ...found });
    await ground.readTopics();
    return `${after.topics.length} topics (${topic} has ${partitions} partitions), the queue ${space.queue}, ${after.collections.length} collections; Redis database ${space.environment['REDIS_DB']}, database ${space.environment['MONGO_DB']}`;
  },
};
