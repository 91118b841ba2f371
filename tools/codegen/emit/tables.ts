import { constantCase } from '../names.ts';
import { enumLists, jobErrors, problems, type SchemaSet } from '../schema-set.ts';
import type { JsonObject, Specs } from '../specs.ts';
import { banner, docComment, type Files, literal } from './text.ts';

/** The closed lists, the tables behind the codes, and the state machine. */
export function emitTables(specs: Specs, set: SchemaSet): Files {
  return new Map([
    ['schemas/enums.ts', enums(set)],
    ['errors.ts', errors(specs)],
    ['lifecycle.ts', lifecycle(specs)],
  ]);
}

function enums(set: SchemaSet): string {
  const found = [...set.values()].filter((type) => Array.isArray(type.schema['enum']));
  const lists = found.map(({ name, schema }) => {
    const members = schema['enum'] as string[];
    return `${docComment(String(schema['description'] ?? name))}\nexport const ${constantCase(name)}_VALUES = ${literal(members)} as const satisfies readonly ${name}[];`;
  });
  const imports = found.map(({ name }) => name).join(', ');
  return `${banner('specs/schemas', 'specs/jobs', 'specs/errors.yaml')}import type { ${imports} } from './types.ts';\n\n${lists.join('\n\n')}\n`;
}

function errors(specs: Specs): string {
  const problemRows = Object.entries(problems(specs)).map(
    ([code, { status, title, cause, cure }]) => `${code}: ${literal({ status, title, cause, cure })},`,
  );
  const errorRows = Object.entries(jobErrors(specs)).map(
    ([code, error]) => `${code}: ${literal({ ...error, jobType: error.jobType ?? null })},`,
  );
  return `${banner('specs/errors.yaml', 'specs/jobs')}import type { JobErrorCode, JobType, ProblemCode } from './schemas/types.ts';

export interface ProblemDefinition { readonly status: number; readonly title: string; readonly cause: string; readonly cure: string }

/** Every problem that the API can answer. */
export const PROBLEMS = {
${problemRows.join('\n')}
} as const satisfies { readonly [Code in ProblemCode]: ProblemDefinition };

export interface JobErrorDefinition {
  readonly title: string;
  readonly cause: string;
  readonly cure: string;
  /** Whether the same job, submitted again later, may do better. */
  readonly retryable: boolean;
  /** The only job type that can end so, or null for a common one. */
  readonly jobType: JobType | null;
}

/** Every error that a job of dtq's own worker can end in. */
export const JOB_ERRORS = {
${errorRows.join('\n')}
} as const satisfies { readonly [Code in JobErrorCode]: JobErrorDefinition };
`;
}

function lifecycle(specs: Specs): string {
  const { states, transitions, milestones } = specs.lifecycle.data as {
    states: JsonObject;
    transitions: JsonObject[];
    milestones: JsonObject;
  };
  const final = enumLists(specs)['final_states'];
  return `${banner('specs/lifecycle.yaml')}import type { FinalState, JobState } from './schemas/types.ts';

export interface StateDefinition { readonly description: string; readonly final: boolean }

export const STATES = ${literal(states)} as const satisfies { readonly [State in JobState]: StateDefinition };

export const FINAL_STATES = ${literal(final)} as const satisfies readonly FinalState[];

/** Whether nothing changes any more in a state. */
export function isFinal(state: JobState): state is FinalState {
  return STATES[state].final;
}

export interface Transition { readonly from: JobState; readonly to: JobState; readonly when: string }

export const TRANSITIONS: readonly Transition[] = ${literal(transitions)};

export interface Milestone { readonly state: JobState; readonly progress_percent: number; readonly message: string }

/** What a job passes, each written before the step that it announces. */
export const MILESTONES = ${literal(milestones)} as const satisfies { readonly [name: string]: Milestone };
`;
}
