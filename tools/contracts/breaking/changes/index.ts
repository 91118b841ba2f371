import { ANSWERS } from './answers.ts';
import type { Change } from './change.ts';
import { LIFECYCLE } from './lifecycle.ts';
import { MESSAGING } from './messaging.ts';
import { OPERATIONS } from './operations.ts';
import { REQUESTS } from './requests.ts';
import { STORAGE } from './storage.ts';
import { TEXT } from './text.ts';

/** The table that the gate is proved by. */
export const CHANGES: Readonly<Record<string, readonly Change[]>> = {
  'the same in other words': TEXT,
  'what is asked over REST': REQUESTS,
  'what is answered over REST': ANSWERS,
  'operations of REST': OPERATIONS,
  'topics and queues': MESSAGING,
  'Redis and MongoDB': STORAGE,
  'the life of a job': LIFECYCLE,
};
