import type { Check } from '../check.ts';
import { AMQP_CHECKS } from './amqp.ts';
import { EVENT_CHECKS } from './http-events.ts';
import { LIFE_CHECKS } from './http-life.ts';
import { MANY_CHECKS } from './http-many.ts';
import { STATUS_CHECKS } from './http-status.ts';
import { SUBMIT_CHECKS } from './http-submit.ts';
import { KAFKA_CHECKS } from './kafka.ts';
import { MONGO_CHECKS } from './mongo.ts';
import { REDIS_CHECKS } from './redis.ts';

/** Every check, in the order of contracts.md. */
export const CHECKS: readonly Check[] = [
  ...SUBMIT_CHECKS,
  ...STATUS_CHECKS,
  ...EVENT_CHECKS,
  ...MANY_CHECKS,
  ...LIFE_CHECKS,
  ...KAFKA_CHECKS,
  ...REDIS_CHECKS,
  ...MONGO_CHECKS,
  ...AMQP_CHECKS,
];
