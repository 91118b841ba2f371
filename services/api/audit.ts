import { cut } from '@dtq/core/cut.ts';
import type { Logger } from '@dtq/core/log.ts';
import { OPERATIONS, type OperationId } from '@dtq/generated/rest/operations.ts';
import type { ApiRole, Problem } from '@dtq/generated/schemas/types.ts';

/** What an operator asked for, and what was answered. */
export interface Audited {
  readonly operation: OperationId;
  readonly caller: string;
  readonly address: string;
  readonly path: Readonly<Record<string, string>>;
  /** The body, once it has been held to its schema. */
  readonly body: unknown;
  readonly answer: { readonly status: number; readonly body: unknown };
}

/** Operations that change what becomes of other people's jobs. */
const AUDITED: ApiRole = 'operate';

export function isAudited(operation: OperationId): boolean {
  return OPERATIONS[operation].role === AUDITED;
}

/** No id of the contract is as long; what stands in a path may be anything, and is written before it is held to its schema. */
const LONGEST_ID = 200;

/**
 * One line for each thing that an operator did, or tried: who, how many, and what came of it. What it was, the log has already:
 * it names the operation in each line of a request. Never a payload. What is turned away for its number leaves none, or whoever
 * is turned away could fill the log; the metrics count it.
 */
export function audit(log: Logger, { operation, caller, address, path, body, answer }: Audited): void {
  if (!isAudited(operation)) return;
  const { status } = answer;
  const code = (answer.body as Partial<Problem> | null)?.code;
  if (code === 'rate_limited') return;
  const isDone = status < 400;
  const filter = (body as { filter?: unknown } | undefined)?.filter;
  log.info(
    {
      audit: true,
      caller: caller === '' ? null : caller,
      address,
      ...Object.fromEntries(Object.entries(path).map(([name, value]) => [name, cut(value, LONGEST_ID)])),
      ...(filter === undefined ? {} : { filter }),
      status,
      outcome: isDone ? 'done' : code,
      count: isDone ? countOf(answer.body) : 0,
    },
    'an operator acted',
  );
}

/** How many jobs an answer tells of: each of its replays, or the one that it is about. */
function countOf(body: unknown): number {
  const { replays } = body as { replays?: readonly unknown[] };
  return replays === undefined ? 1 : replays.length;
}
