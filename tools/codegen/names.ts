import type { Source } from './source.ts';
import { SpecError } from './spec-error.ts';

/** What each kind of name may look like. Everything that becomes code passes one of these first. */
const RULES = {
  'job type': { pattern: /^[a-z][a-z0-9]*(?:_[a-z0-9]+)*$/, example: 'exchange_rate' },
  'type name': { pattern: /^[A-Z][A-Za-z0-9]*$/, example: 'JobStatus' },
  'operation name': { pattern: /^[a-z][A-Za-z0-9]*$/, example: 'submitJob' },
  'channel name': { pattern: /^[a-z][A-Za-z0-9_]*$/, example: 'progressRequests' },
  'field name': { pattern: /^[A-Za-z_][A-Za-z0-9_-]*$/, example: 'job_id' },
  parameter: { pattern: /^[a-z][a-z0-9]*(?:_[a-z0-9]+)*$/, example: 'job_id' },
  code: { pattern: /^[a-z][a-z0-9]*(?:_[a-z0-9]+)*$/, example: 'city_not_found' },
} as const;

const LONGEST = 60;

// ECMA-262, section 12.7.2, with the words that strict mode and modules add.
const RESERVED = new Set(
  `arguments await break case catch class const continue debugger default delete do else enum eval export extends false
   finally for function if implements import in instanceof interface let new null package private protected public
   return static super switch this throw true try typeof undefined var void while with yield`.split(/\s+/),
);

// generated/ has files of these names beside those of the job types.
const TAKEN = new Set(['index', 'form', 'common', 'all_jobs']);

/** What is wrong with a name, and what would be right: not of its kind's form, too long, or taken; undefined for a legal one. */
export function nameFault(kind: keyof typeof RULES, name: string): string | undefined {
  const { pattern, example } = RULES[kind];
  const illegal = `${JSON.stringify(name)} is not a legal ${kind}`;
  if (!pattern.test(name) || name.length > LONGEST)
    return `${illegal}: it takes ${pattern.source}, at most ${LONGEST} characters, such as ${example}`;
  if (kind !== 'field name' && RESERVED.has(name)) return `${illegal}: the language reserves that word`;
  if (kind === 'job type' && TAKEN.has(name)) return `${illegal}: generated/ has a file of that name`;
  return undefined;
}

/** Throws SpecError where a name is not legal. */
export function checkName(kind: keyof typeof RULES, name: string, source: Source, pointer: string): void {
  const fault = nameFault(kind, name);
  if (fault !== undefined) throw new SpecError(source.locate(pointer), fault);
}

/** exchange_rate -> ExchangeRate */
export function pascalCase(jobType: string): string {
  return jobType.replace(/(?:^|_)([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

/** submitJob, WeatherPayload, exchange_rate -> submit-job, weather-payload, exchange-rate: the file's name. */
export function kebabCase(name: string): string {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .replaceAll('_', '-')
    .toLowerCase();
}

/** jobStatus, ExchangeRate -> JOB_STATUS, EXCHANGE_RATE: the constant's name. */
export function constantCase(name: string): string {
  return kebabCase(name).replaceAll('-', '_').toUpperCase();
}

/** exchange_rate -> exchangeRate: the name of the handler that its file exports. */
export function camelCase(jobType: string): string {
  return jobType.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
