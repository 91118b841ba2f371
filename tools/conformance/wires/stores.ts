import { type Db, MongoClient } from 'mongodb';
import { createClient } from 'redis';

export type Redis = Awaited<ReturnType<typeof openRedis>>;

/** A client on redis://USER:PASSWORD@HOST:PORT/DATABASE. */
export async function openRedis(url: string) {
  const redis = createClient({ url, socket: { connectTimeout: 5000 } });
  redis.on('error', () => undefined);
  await redis.connect();
  return redis;
}

export interface Mongo {
  readonly database: Db;
  close(): Promise<void>;
}

export async function openMongo(url: string, database: string): Promise<Mongo> {
  const client = new MongoClient(url, { serverSelectionTimeoutMS: 5000 });
  await client.connect();
  return { database: client.db(database), close: () => client.close() };
}
