import { JOB_STATUS_FIELD } from '@dtq/generated/storage/job-status.ts';
import type { IndexMove } from './open-jobs-index.ts';
import type { RedisConnection } from './redis-client.ts';
import { RedisScript } from './redis-script.ts';

// One script does all that is done to a status: it compares what stands there with what the caller believes to stand there,
// and where that is so, writes the fields, the time to live and the notice, and moves the job in the index of open jobs, as
// one step. Otherwise it changes nothing and gives what stands there, from which the caller decides anew. The rules of what
// may follow what are those of lifecycle.ts, run by the caller, so that they exist once; the comparison is what makes the
// step atomic.
//
// What stands there is compared by its version: the fields of which no change leaves all alone, neither one of ours (sequence
// and history) nor one of another program that keeps the contract (what it says, and when). A digest of all fields took the
// server twice the time of all the rest. What is given back is the digest of a version, for it may hold bytes that are no
// text, which would not come back as they went. A key that holds no hash has a version too, and no fields. A set of the index
// that is none (another program's doing) costs the index its entry, never the status its change.

/** The fields of the hash that are given, in this order. */
export const KNOWN_FIELDS: readonly string[] = Object.values(JOB_STATUS_FIELD);

const { state, progress_percent, message, updated_at, attempt, sequence, history } = JOB_STATUS_FIELD;
/** The fields that a version is made of, in this order. */
const VERSION_FIELDS = [state, progress_percent, message, updated_at, attempt, sequence, history] as const;

const SCRIPT = new RedisScript(`
local key, expected = KEYS[1], ARGV[1]
local first = 9

local function versionOf()
  local values = redis.pcall('HMGET', key, ${luaList(VERSION_FIELDS)})
  if values.err then return 'no hash' end
  local isThere = false
  for i = 1, #values do
    if values[i] then isThere = true else values[i] = '' end
  end
  if not isThere and redis.call('EXISTS', key) == 0 then return '' end
  return table.concat(values, '\\n')
end

local version = versionOf()
local function digest() return version == '' and '' or redis.sha1hex(version) end
if version ~= expected and (#expected ~= 40 or digest() ~= expected) then
  local fields = { ${luaList(KNOWN_FIELDS)} }
  local values = redis.pcall('HMGET', key, unpack(fields))
  local reply = { 0, digest() }
  for i = 1, #fields do reply[2 + i] = values[i] or false end
  return reply
end
if #ARGV < first then return { 1 } end

local ttl, channel, notice, member, score, isWhole, removed = unpack(ARGV, 2, 8)
if isWhole == '1' and expected ~= '' then redis.call('DEL', key) end
local set = first + removed
if set > first then redis.call('HDEL', key, unpack(ARGV, first, set - 1)) end
redis.call('HSET', key, unpack(ARGV, set))
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

/** The version of a key where nothing stands. */
export const NOTHING = '';

type Hash = Readonly<Record<string, string>>;

export interface StatusWrite {
  /** All that is to stand there. */
  readonly hash: Hash;
  /** What stands there, to the last field, so that only what differs is written; null writes the whole hash anew. */
  readonly before: Hash | null;
  readonly ttlMs: number;
  readonly channel: string;
  readonly notice: string;
  /** Null where the job stays where it is. */
  readonly move: IndexMove | null;
}

/** Of a step that was not made, `hash` is what stands there, and `version` names that, whatever its bytes. */
export type StatusStep =
  | { readonly isMade: true }
  | { readonly isMade: false; readonly version: string; readonly hash: Record<string, string> };

/** Writes (or, with null, only compares) where what stands there has the expected version. Rejects as the driver does. */
export async function stepStatus(
  redis: RedisConnection,
  key: string,
  expected: string,
  write: StatusWrite | null,
): Promise<StatusStep> {
  const keys = [key];
  const args = [expected];
  if (write !== null) {
    const { hash, before, ttlMs, channel, notice, move } = write;
    if (move !== null) keys.push(...(move.to === null ? [] : [move.to.key]), ...move.from);
    const score = move === null || move.to === null ? '' : String(move.to.score);
    const removed = before === null ? [] : Object.keys(before).filter((field) => !(field in hash));
    args.push(String(Math.ceil(ttlMs)), channel, notice, move?.member ?? '', score, before === null ? '1' : '0');
    args.push(String(removed.length), ...removed);
    for (const [field, value] of Object.entries(hash)) if (before?.[field] !== value) args.push(field, value);
  }
  const [made, version, ...values] = (await SCRIPT.run(redis, keys, args)) as [number, string, ...(string | null)[]];
  return made === 1 ? { isMade: true } : { isMade: false, version, hash: hashOf(values) };
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

/** The version of what stands there once a hash was written, as the script has it of what it reads. */
export function versionOf(hash: Hash): string {
  return VERSION_FIELDS.map((field) => hash[field] ?? '').join('\n');
}

function luaList(fields: readonly string[]): string {
  return fields.map((field) => `'${field}'`).join(', ');
}
