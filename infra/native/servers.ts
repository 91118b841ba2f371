import type { MongoKind } from '../record.ts';
import type { ServerName } from '../stack.ts';
import type { NativeServer } from './context.ts';
import { ferretdb } from './ferretdb.ts';
import { kafka } from './kafka.ts';
import { postgres } from './postgres.ts';
import { rabbitmq } from './rabbitmq.ts';
import { redis } from './redis.ts';
import { secantus, secantusAsMongodb } from './secantus.ts';

/** The servers of a native stack, in the order in which they are listed and started. */
export function nativeServers(mongodb: MongoKind, withSecantus: boolean): readonly NativeServer[] {
  const mongo = mongodb === 'secantus' ? [secantusAsMongodb] : [postgres, ferretdb];
  return [kafka, rabbitmq, redis, ...mongo, ...(withSecantus ? [secantus] : [])];
}

/** The names of a native stack's servers, in the same order. */
export function nativeServerNames(mongodb: MongoKind, withSecantus: boolean): ServerName[] {
  return nativeServers(mongodb, withSecantus).map((server) => server.name);
}
