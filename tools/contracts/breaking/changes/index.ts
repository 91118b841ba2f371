import type { Change } from './change.ts';
import { LIFECYCLE } from './lifecycle.ts';
import { MESSAGING } from './messaging.ts';
import { REST } from './rest.ts';
import { STORAGE } from './storage.ts';
import { TEXT } from './text.ts';

/** The table that the gate is proved by. */
export const CHANGES: Readonly<Record<string, readonly Change[]>> = {
  'the same in other words': TEXT,
  REST,
  'topics and queues': MESSAGING,
  'Redis and MongoDB': STORAGE,
  'the life of a job': LIFECYCLE,
};
