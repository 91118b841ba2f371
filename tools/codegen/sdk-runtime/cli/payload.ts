import type { Field } from '@dtq/generated/jobs/form.ts';
import { JOB_PAGES, JOB_TITLES } from '@dtq/generated/jobs/index.ts';
import { JOB_TYPE_VALUES } from '@dtq/generated/schemas/enums.ts';
import type { JobType } from '@dtq/generated/schemas/types.ts';
import { UsageError } from './exit-codes.ts';

/** A type of job by its name. Throws UsageError that tells the names there are. */
export function jobTypeOf(text: string | undefined): JobType {
  const found = JOB_TYPE_VALUES.find((type) => type === text);
  if (found !== undefined) return found;
  const words = text === undefined ? 'a type of job is missing' : `there is no type of job ${JSON.stringify(text)}`;
  throw new UsageError(
    `${words}; there are:\n${JOB_TYPE_VALUES.map((type) => `  ${type.padEnd(16)}${JOB_TITLES[type].description}`).join('\n')}`,
  );
}

/** The fields of a type's payload. */
export async function fieldsOf(type: JobType): Promise<readonly Field[]> {
  return (await JOB_PAGES[type]()).payload;
}

/**
 * A payload from what was written: `field=value`, read as the field's type asks, or `field:=json`. Whether it fits the
 * contract in full is the API's to say. Throws UsageError for a field that there is not, and a value of another type.
 */
export async function payloadOf(type: JobType, words: readonly string[]): Promise<Record<string, unknown>> {
  const fields = await fieldsOf(type);
  const payload: Record<string, unknown> = {};
  for (const word of words) {
    const [, name = '', sign, text = ''] = /^([^=:]+)(:?=)([\s\S]*)$/.exec(word) ?? [];
    const field = fields.find((one) => one.name === name);
    if (sign === undefined)
      throw new UsageError(`${JSON.stringify(word)} is not field=value; ${knownOf(type, fields)}`);
    if (field === undefined)
      throw new UsageError(`${type} has no field ${JSON.stringify(name)}; ${knownOf(type, fields)}`);
    payload[name] = sign === ':=' ? jsonOf(name, text) : fieldValue(field, text);
  }
  return payload;
}

/** JSON that somebody wrote. Throws UsageError. */
export function jsonOf(what: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UsageError(`${what} is not JSON: ${(error as Error).message}`);
  }
}

function fieldValue({ name, type, choices }: Field, text: string): unknown {
  const refuse = (what: string): never => {
    throw new UsageError(`${name} takes ${what}, not ${JSON.stringify(text)}`);
  };
  if (choices !== null && !choices.includes(text)) return refuse(choices.join(' or '));
  switch (type) {
    case 'string':
      return text;
    case 'boolean':
      return text === 'true' || (text === 'false' ? false : refuse('true or false'));
    case 'integer':
    case 'number': {
      const value = text.trim() === '' ? Number.NaN : Number(text);
      if (type === 'integer') return Number.isInteger(value) ? value : refuse('a whole number');
      return Number.isFinite(value) ? value : refuse('a number');
    }
    default:
      return jsonOf(name, text);
  }
}

function knownOf(type: JobType, fields: readonly Field[]): string {
  const names = fields.map(({ name, required, choices }) => {
    const value = choices === null ? '' : `=${choices.join('|')}`;
    return required ? `${name}${value}` : `[${name}${value}]`;
  });
  return `${type} has ${names.join(', ')}`;
}
