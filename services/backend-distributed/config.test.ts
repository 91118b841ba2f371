import { ConfigReader, type Environment } from '@dtq/core/config.ts';
import { CHANNELS } from '@dtq/generated/messaging/channels.ts';
import { describe, expect, it } from 'vitest';
import { type DistributedConfig, type Role, readDistributedConfig } from './config.ts';

function read(environment: Environment, role: Role = 'api'): DistributedConfig {
  const reader = new ConfigReader(environment);
  const config = readDistributedConfig(reader, role);
  reader.finish();
  return config;
}

function faults(environment: Environment): readonly string[] {
  try {
    read(environment);
    return [];
  } catch (error) {
    return (error as { lines: readonly string[] }).lines;
  }
}

describe('the configuration of the servers', () => {
  it('has the names of the contract where nothing is set', () => {
    const { kafka, rabbitmq, mongodb, redis } = read({});
    expect(kafka.topics.weather).toBe(CHANNELS.weatherJobs.address);
    expect(kafka.deadLetterTopics.weather).toBe(CHANNELS.weatherDeadLetters.address);
    expect(kafka.priorityTopics.weather).toEqual({
      high: CHANNELS.weatherHighJobs.address,
      normal: CHANNELS.weatherJobs.address,
      low: CHANNELS.weatherLowJobs.address,
    });
    expect(kafka.groupId).toBe('dtq-worker-v1');
    expect(kafka.publishTimeoutMs).toBe(3500);
    expect(rabbitmq).toMatchObject({ requestQueue: CHANNELS.progressRequests.address, prefetch: 20, tls: null });
    expect(mongodb).toMatchObject({ database: 'dtq', collection: 'job_results' });
    expect(redis).toMatchObject({ database: 0, statusTtlMs: 86_400_000, tls: null });
  });

  it('a worker prefers its own brokers and topics, the API does not', () => {
    const environment = {
      KAFKA_BROKERS: 'a:1,b:2',
      KAFKA_TOPIC_TEMPLATE: 'x.%s',
      WORKER_KAFKA_BROKERS: 'c:3',
      WORKER_KAFKA_TOPIC_TEMPLATE: 'y.%s.z',
    };
    expect(read(environment, 'api').kafka).toMatchObject({ brokers: ['a:1', 'b:2'], topics: { weather: 'x.weather' } });
    expect(read(environment, 'worker').kafka).toMatchObject({
      brokers: ['c:3'],
      topics: { weather: 'y.weather.z' },
      deadLetterTopics: { weather: 'y.weather.z.dlq' },
      priorityTopics: { weather: { high: 'y.weather.z.high', normal: 'y.weather.z', low: 'y.weather.z.low' } },
    });
  });

  it('without priority topics there are the normal ones alone', () => {
    const { kafka } = read({ PRIORITY_TOPICS: 'off', KAFKA_TOPIC_TEMPLATE: 'x.%s' });
    expect(kafka.priorityTopics.quote).toEqual({ normal: 'x.quote' });
  });

  it('a publish is given less time than a request has', () => {
    expect(read({ REQUEST_TIMEOUT: '2s' }).kafka.publishTimeoutMs).toBe(1400);
  });

  it('names every fault at once, and shows no password', () => {
    const lines = faults({
      KAFKA_BROKERS: 'nowhere',
      KAFKA_TOPIC_TEMPLATE: 'jobs.v1',
      KAFKA_SASL_MECHANISM: 'plain',
      PRIORITY_TOPICS: 'yes',
      REDIS_DB: '-1',
      REDIS_TLS: 'yes',
      REDIS_CA_FILE: '/not/there.pem',
      RABBITMQ_URL: 'http://user:secret@host',
      RABBITMQ_PROGRESS_PREFETCH: '0',
      MONGO_URI: 'mongodb://user:secret@host/?unheardOf=1',
      MONGO_DB: 'a.b',
    });
    expect(lines.map((line) => line.split('=')[0]).toSorted()).toEqual([
      'KAFKA_BROKERS',
      'KAFKA_SASL_PASSWORD',
      'KAFKA_SASL_USERNAME',
      'KAFKA_TOPIC_TEMPLATE',
      'MONGO_DB',
      'MONGO_URI',
      'PRIORITY_TOPICS',
      'RABBITMQ_PROGRESS_PREFETCH',
      'RABBITMQ_URL',
      'REDIS_CA_FILE',
      'REDIS_DB',
      'REDIS_TLS',
    ]);
    expect(lines.join()).not.toContain('secret');
    expect(lines).toContain(
      'KAFKA_TOPIC_TEMPLATE="jobs.v1" is not valid: it takes a topic name with one %s, which stands for the job type',
    );
  });

  it('encryption and users of all four', () => {
    const config = read({
      KAFKA_SSL: 'true',
      KAFKA_SASL_MECHANISM: 'scram-sha-512',
      KAFKA_SASL_USERNAME: 'u',
      KAFKA_SASL_PASSWORD: 'p',
      REDIS_TLS: 'true',
      REDIS_USERNAME: 'u',
      REDIS_PASSWORD: 'p',
      RABBITMQ_URL: 'amqps://u:p@host/vhost',
      MONGO_URI: 'mongodb://u:p@host/?tls=true',
    });
    expect(config.kafka).toMatchObject({ tls: {}, sasl: { mechanism: 'scram-sha-512', username: 'u', password: 'p' } });
    expect(config.redis).toMatchObject({ tls: {}, username: 'u', password: 'p' });
    expect(config.rabbitmq.tls).toEqual({});
  });
});
