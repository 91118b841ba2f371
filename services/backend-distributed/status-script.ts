import { createHash } from 'node:crypto';
import { JOB_STATUS_FIELD } from '@dtq/generated/storage/job-status.ts';
import type { IndexMove } from './open-jobs-index.ts';
import type { RedisConnection } from './redis-client.ts';
import { RedisScript } from './redis-script.ts';

// One script does all that is done to a status: it compares what stands there with what the caller believes to stand there,
// and where that is so, writes all fields, the time to live and the notice, and moves the job in the index of open jobs, as
// one step. Otherwise it changes nothing and gives what stands there, from which the caller decides anew. The rules of what
// may follow what are those of lifecycle.ts, run by the caller, so that they exist once; the comparison is what makes the
// step atomic.
//
// What stands there is compared by a digest of the known fields. A key that holds no hash has a digest too, and no fields.
// A set of the index that is none (another program's doing) costs the index its entry, never the status its change.

/** The fields of the hash that are compared and given, in this order. */
export const KNOWN_FIELDS: readonly string[] = Object.values(JOB_STATUS_FIELD);

const SCRIPT = new RedisScript(`
local key = KEYS[1]
local expected, ttl, channel, notice, member, score = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6]
local first = 7
local fields = { ${KNOWN_FIELDS.map((field) => `'${field}'`).join(', ')} }

local function look()
  local type = redis.call('TYPE', key).ok
  if type == 'none' then return '', {} end
  if type ~= 'hash' then return 'no hash', {} end
  local values = redis.call('HMGET', key, unpack(fields))
  local parts = {}
  for i = 1, #fields do parts[i] = values[i] and (#values[i] .. ':' .. values[i]) or '-' end
  return redis.sha1hex(table.concat(parts, ',')), values
end

if expected ~= '' or redis.call('EXISTS', key) == 1 then
  local digest, values = look()
  if digest ~= expected then
    local reply = { 0, digest }
    for i = 1, #fields do reply[2 + i] = values[i] or false end
    return reply
  end
  if #ARGV >= first then redis.call('DEL', key) end
end
if #ARGV < first then return { 1 } end
redis.call('HSET', key, unpack(ARGV, first))
redis.call('PEXPIRE', key, ttl)
local from = 2
if score ~= '' then
  redis.pcall('ZADD', KEYS[2], score, member)
  from = 3
end
for i = from, #KEYS do redis.pcall('ZREM', KEYS[i], member) end
redis.call('PUBLISH', channel, notice)
return { 1 }
`);

/** The digest of a key where nothing stands. */
export const NOTHING = '';

export interface StatusWrite {
  readonly hash: Readonly<Record<string, string>>;
  readonly ttlMs: number;
  readonly channel: string;
  readonly notice: string;
  readonly move: IndexMove;
}

/** Of a step that was not made, `hash` is what stands there, and `digest` is of that. */
export type StatusStep =
  | { readonly isMade: true }
  | { readonly isMade: false; readonly digest: string; readonly hash: Record<string, string> };

/** Writes (or, with null, only compares) where what stands there has the expected digest. Rejects as the driver does. */
export async function stepStatus(
  redis: RedisConnection,
  key: string,
  expected: string,
  write: StatusWrite | null,
): Promise<StatusStep> {
  const keys = [key];
  const args = [expected];
  if (write !== null) {
    const { hash, ttlMs, channel, notice, move } = write;
    keys.push(...(move.to === null ? [] : [move.to.key]), ...move.from);
    args.push(String(Math.ceil(ttlMs)), channel, notice, move.member, move.to === null ? '' : String(move.to.score));
    args.push(...Object.entries(hash).flat());
  }
  const [made, digest, ...values] = (await SCRIPT.run(redis, keys, args)) as [number, string, ...(string | null)[]];
  return made === 1 ? { isMade: true } : { isMade: false, digest, hash: hashOf(values) };
}

/** The values of the known fields as a hash; empty where none of them is there. */
export function hashOf(values: readonly (string | null)[]): Record<string, string> {
  return Object.fromEntries(
    KNOWN_FIELDS.flatMap((field, index) => {
      const value = values[index];
      return value === null || value === undefined ? [] : [[field, value]];
    }),
  );
}

/** The digest of what stands there once a hash was written, as the script has it of what it reads. */
export function digestOf(hash: Readonly<Record<string, string>>): string {
  const parts = KNOWN_FIELDS.map((field) => {
    const value = hash[field];
    return value === undefined ? '-' : `${Buffer.byteLength(value)}:${value}`;
  });
  return createHash('sha1').update(parts.join(',')).digest('hex');
}
