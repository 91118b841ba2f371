import { PROBLEM_TYPE, problem } from '@dtq/core/problem.ts';
import openapi from '@dtq/generated/documents/openapi.json' with { type: 'json' };
import { PROBLEMS } from '@dtq/generated/errors.ts';
import { OPERATIONS, type OperationId, type RequestBody } from '@dtq/generated/rest/operations.ts';
import { JOB_ERROR_CODE_VALUES } from '@dtq/generated/schemas/enums.ts';
import type { ProblemCode, Violation } from '@dtq/generated/schemas/types.ts';
import { EXAMPLES, type Example } from './ends.ts';

// The header Prefer (RFC 7240) is how a test makes the mock do what chance seldom does. The contract knows nothing of it: the
// real API ignores it, it is read beside the contract's validators, and no answer but for it is other than it would be.

export interface Preferences {
  /** What the jobs of this request are to become. */
  readonly example?: Example;
  /** What this request is to be answered. */
  readonly problem?: ProblemCode;
}

/** The operations that make jobs, and so take an example. */
type Making = { [Op in OperationId]: undefined extends RequestBody<Op> ? never : Op }[OperationId] | 'replayDeadLetter';

const MAKING: { readonly [Op in Making]: true } = {
  submitJob: true,
  submitJobs: true,
  replayDeadLetter: true,
  replayJobs: true,
};

/** Reads the header; a value that this operation has no use for is a fault that says what it takes. */
export function readPreferences(
  header: string | null,
  id: OperationId,
): { readonly prefer: Preferences; readonly faults: readonly Violation[] } {
  const prefer: { example?: Example; problem?: ProblemCode } = {};
  const faults: Violation[] = [];
  const choose = <T extends string>(name: string, value: string, choices: readonly T[]): T | undefined => {
    const chosen = choices.find((choice) => choice === value);
    if (chosen === undefined) {
      const takes =
        choices.length === 0 ? `cannot have ${name} with ${id}` : `${name} takes one of ${choices.join(', ')}`;
      faults.push({ pointer: '#/header/prefer', message: `${takes}, not ${JSON.stringify(value.slice(0, 60))}` });
    }
    return chosen;
  };
  for (const [, name, value = ''] of (header ?? '').matchAll(
    /(?:^|[,;])\s*(example|problem)\s*=\s*"?([^",;\s]*)"?/gi,
  )) {
    if (name?.toLowerCase() === 'example') {
      const example = choose('example', value, id in MAKING ? [...EXAMPLES, ...JOB_ERROR_CODE_VALUES] : []);
      if (example !== undefined) prefer.example = example;
    } else {
      const code = choose('problem', value, problemsOf(id));
      if (code !== undefined) prefer.problem = code;
    }
  }
  return { prefer, faults };
}

/** The problems that the contract gives an operation: those of a documented status that have the headers which it asks for. */
export function problemsOf(id: OperationId): readonly ProblemCode[] {
  const responses: Readonly<Record<string, readonly string[]>> = OPERATIONS[id].responses;
  return (Object.keys(PROBLEMS) as ProblemCode[]).filter((code) => {
    const { status, headers } = problem(code);
    if (responses[String(status)]?.includes(PROBLEM_TYPE) !== true) return false;
    return requiredHeaders(id, status).every((name) => name in headers);
  });
}

interface Documented {
  readonly $ref?: string;
  readonly required?: boolean;
  readonly headers?: Readonly<Record<string, Documented>>;
}

function requiredHeaders(id: OperationId, status: number): string[] {
  const { method, path } = OPERATIONS[id];
  const operation = (openapi.paths as unknown as Paths)[path]?.[method];
  const { headers = {} } = resolved(operation?.responses[String(status)] ?? {});
  return Object.keys(headers).filter((name) => resolved(headers[name] ?? {}).required === true);
}

type Paths = Readonly<Record<string, Record<string, { responses: Record<string, Documented> }>>>;

/** What a reference within the document leads to. */
function resolved(documented: Documented): Documented {
  if (documented.$ref === undefined) return documented;
  let value: unknown = openapi;
  for (const name of documented.$ref.split('/').slice(1)) value = (value as Record<string, unknown>)[name];
  return value as Documented;
}
