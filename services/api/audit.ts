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

/**
 * One line for each thing that an operator did, or tried: who, how many, and what came of it. What it was, the log has already:
 * it names the operation in each line of a request. Never a payload.
 */
export function audit(log: Logger, { operation, caller, address, path, body, answer }: Audited): void {
  if (OPERATIONS[operation].role !== AUDITED) return;
  const { status } = answer;
  const isDone = status < 400;
  const filter = (body as { filter?: unknown } | undefined)?.filter;
  log.info(
    {
      audit: true,
      caller: caller === '' ? null : caller,
      address,
      ...path,
      ...(filter === undefined ? {} : { filter }),
      status,
      outcome: isDone ? 'done' : (answer.body as Problem | null)?.code,
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
