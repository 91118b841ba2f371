import { OPERATIONS, type OperationId } from '@dtq/generated/rest/operations.ts';
import { Broken, type Check, SECTIONS, type Section } from './check.ts';
import { CHECKS } from './checks/index.ts';
import { openKit } from './kit.ts';
import { isPart, missingIn, type Need, PARTS } from './parts.ts';
import type { Settings } from './settings.ts';

/** What came of one check. */
export interface CheckResult {
  readonly id: string;
  readonly section: Section;
  readonly title: string;
  readonly promise: string;
  /** `error` is a fault of the kit or of its surroundings, such as a broker that cannot be reached: nothing is known then. */
  readonly result: 'kept' | 'broken' | 'left out' | 'error';
  readonly ms: number;
  /** What was seen. */
  readonly evidence: readonly string[];
  /** What is broken, why it was left out, or what went wrong. */
  readonly reason?: string;
}

export interface Report {
  readonly api: string;
  readonly started_at: string;
  readonly ms: number;
  readonly kept: number;
  readonly broken: number;
  readonly left_out: number;
  readonly errors: number;
  readonly checks: readonly CheckResult[];
}

/** Told as it happens. */
export interface Progress {
  readonly onStart?: (check: Check) => void;
  /** In the order of the checks, whichever is done first. */
  readonly onResult?: (result: CheckResult, done: number, of: number) => void;
}

/** Runs the checks that the settings name against an implementation. Rejects where its API cannot be reached at all. */
export async function runChecks(settings: Settings, progress: Progress = {}): Promise<Report> {
  const startedAt = new Date();
  const kit = openKit(settings);
  try {
    const missing = await missingParts(settings);
    const checks = CHECKS.filter(({ id }) => isWanted(id, settings.only));
    const results: CheckResult[] = [];
    let told = 0;
    const tell = (): void => {
      for (let next = results[told]; next !== undefined; next = results[told]) {
        told += 1;
        progress.onResult?.(next, told, checks.length);
      }
    };
    const queue = checks.entries();
    const work = async (): Promise<void> => {
      for (const [index, check] of queue) {
        const reason = check.needs.map((need) => missing(need)).find((found) => found !== null) ?? null;
        if (reason === null) progress.onStart?.(check);
        results[index] = reason === null ? await runOne(check, kit) : resultOf(check, 'left out', 0, [], reason);
        tell();
      }
    };
    await Promise.all(Array.from({ length: Math.max(1, settings.concurrency) }, work));
    const count = (result: CheckResult['result']): number => results.filter((one) => one.result === result).length;
    return {
      api: settings.api,
      started_at: startedAt.toISOString(),
      ms: Date.now() - startedAt.getTime(),
      kept: count('kept'),
      broken: count('broken'),
      left_out: count('left out'),
      errors: count('error'),
      checks: results,
    };
  } finally {
    await kit.close();
  }
}

async function runOne(check: Check, kit: ReturnType<typeof openKit>): Promise<CheckResult> {
  const evidence: string[] = [];
  const before = performance.now();
  const ms = (): number => Math.round(performance.now() - before);
  try {
    await inTime(
      check.run(kit, (seen) => void evidence.push(seen)),
      kit.settings.patienceMs * MOST_WAITS + SPARE_MS,
    );
    return resultOf(check, 'kept', ms(), evidence);
  } catch (error) {
    if (error instanceof Broken) return resultOf(check, 'broken', ms(), evidence, error.message);
    return resultOf(
      check,
      'error',
      ms(),
      evidence,
      error instanceof Error ? (error.stack ?? error.message) : String(error),
    );
  }
}

/** A check waits for a few facts one after the other, and asks some questions between. */
const MOST_WAITS = 4;
const SPARE_MS = 60_000;

async function inTime(work: Promise<void>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`the check has no end after ${ms} ms`)), ms);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

function resultOf(
  { id, title, promise }: Check,
  result: CheckResult['result'],
  ms: number,
  evidence: readonly string[],
  reason?: string,
): CheckResult {
  const section = id.slice(0, id.indexOf('.')) as Section;
  if (!Object.hasOwn(SECTIONS, section)) throw new Error(`the check ${id} is of no section`);
  return { id, section, title, promise, result, ms, evidence, ...(reason === undefined ? {} : { reason }) };
}

/** Whether some check has a name that `--only` takes. */
export function isCheck(name: string): boolean {
  return CHECKS.some(({ id }) => isWanted(id, [name]));
}

function isWanted(id: string, only: readonly string[]): boolean {
  return (
    only.length === 0 ||
    only.some(
      (name) => id === name || id.startsWith(`${name}.`) || (name.endsWith('*') && id.startsWith(name.slice(0, -1))),
    )
  );
}

/** Tells why something that a check needs is not there; null for what is. */
async function missingParts(settings: Settings): Promise<(need: Need) => string | null> {
  const document = await openApiOf(settings);
  const priorities = await priorityReason(settings);
  return (need) => {
    if (!isPart(need)) return settings[need] === undefined ? `there is no --${need}` : null;
    if (settings.without.includes(need)) return `declared: --without ${need} (${PARTS[need].title})`;
    if (need === 'priorities' && priorities !== null) return priorities;
    return document === null ? null : missingIn(document, need, (id: OperationId) => OPERATIONS[id]);
  };
}

/** The server's own OpenAPI document; null where it serves none, and then every part is expected that is not declared as left out. */
async function openApiOf(settings: Settings): Promise<Parameters<typeof missingIn>[0] | null> {
  const { json, status } = await openKit(settings).http.call('/openapi.json');
  return status === 200 && typeof json === 'object' && json !== null ? json : null;
}

/** Why the server takes no priorities, where its own report says that it does not. */
async function priorityReason(settings: Settings): Promise<string | null> {
  const { json } = await openKit(settings).http.call(OPERATIONS.getSystem.path);
  const { capabilities } = (json ?? {}) as {
    capabilities?: readonly { name: string; supported: boolean; reason: string }[];
  };
  const found = capabilities?.find(({ name }) => name === 'priority-topics');
  return found === undefined || found.supported
    ? null
    : `the server says that it has no priority topics: ${found.reason}`;
}
