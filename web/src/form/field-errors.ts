import type { Field } from '@dtq/generated/jobs/form.ts';
import type { SubmitJobRequest, Violation } from '@dtq/generated/schemas/types.ts';
import type { ValidationError } from '@dtq/generated/validators/validator.ts';

/** The members of a request beside its payload. */
type OptionName = Exclude<keyof SubmitJobRequest, 'job_type' | 'payload'>;

export type OptionErrors = { readonly [N in OptionName]?: string };

/** What is wrong with a form: at most one text beside each field, and what belongs to none. */
export interface FormErrors {
  readonly fields: Readonly<Record<string, string>>;
  /** Beside the options: when, priority and so on. */
  readonly options: OptionErrors;
  readonly other: readonly string[];
}

export const NO_ERRORS: FormErrors = { fields: {}, options: {}, other: [] };

/** What is wrong with an option, in words for people. */
const OPTION_WORDS: { readonly [N in OptionName]: string } = {
  delay: 'A whole number, at least 1.',
  run_at: 'Choose a day and a time.',
  expires_at: 'Choose a day and a time.',
  priority: 'Choose one of them.',
};

/** Puts what the validator found in `{job_type, payload}` beside the fields, in words for people. */
export function errorsOfValidator(fields: readonly Field[], errors: readonly ValidationError[]): FormErrors {
  return gather(
    fields,
    errors.map((error) => {
      const missing = error.keyword === 'required' ? `/${String(error.params['missingProperty'])}` : '';
      return { pointer: error.instancePath + missing, tell: (field) => explain(error, field) };
    }),
  );
}

/** Puts what the API found beside the fields, in the API's words. */
export function errorsOfViolations(fields: readonly Field[], violations: readonly Violation[]): FormErrors {
  return gather(
    fields,
    violations.map(({ pointer, message }) => ({
      pointer,
      tell: (field) => (field ? message : `${pointer || 'the body'} ${message}`),
    })),
  );
}

/** The errors without those of one field, which is being mended. */
export function withoutField(errors: FormErrors, name: string): FormErrors {
  const { [name]: _, ...fields } = errors.fields;
  return { ...errors, fields };
}

/** All of them as lines, for a view that has no fields to stand beside. */
export function errorLines(fields: readonly Field[], errors: FormErrors): readonly string[] {
  const beside = Object.entries(errors.fields).map(
    ([name, text]) => `${fields.find((field) => field.name === name)?.label ?? name}: ${text}`,
  );
  return [...beside, ...errors.other];
}

interface Finding {
  readonly pointer: string;
  readonly tell: (field: Field | undefined) => string;
}

function gather(fields: readonly Field[], findings: readonly Finding[]): FormErrors {
  const beside = new Map<string, string>();
  const options: { [N in OptionName]?: string } = {};
  const other: string[] = [];
  for (const { pointer, tell } of findings) {
    const field = fields.find(({ name }) => name === fieldNameOf(pointer));
    const option = optionOf(pointer);
    if (option !== undefined) options[option] ??= tell(undefined);
    else if (field === undefined) other.push(tell(undefined));
    else if (!beside.has(field.name)) beside.set(field.name, tell(field));
  }
  return { fields: Object.fromEntries(beside), options, other };
}

/** The option that a JSON pointer into the request names. */
function optionOf(pointer: string): OptionName | undefined {
  return (Object.keys(OPTION_WORDS) as OptionName[]).find((name) => pointer === `/${name}`);
}

/** The field that a JSON pointer into the request leads to or into. */
function fieldNameOf(pointer: string): string | undefined {
  const name = /^\/payload\/([^/]*)/.exec(pointer)?.[1];
  return name?.replaceAll('~1', '/').replaceAll('~0', '~');
}

function explain(error: ValidationError, field: Field | undefined): string {
  const option = optionOf(error.instancePath);
  if (option !== undefined) return OPTION_WORDS[option];
  if (field === undefined) return `${error.instancePath || 'The request'} ${error.message ?? 'is not valid'}`;
  const limit = String(error.params['limit']);
  switch (error.keyword) {
    case 'required':
      return 'Fill this in.';
    case 'minLength':
    case 'maxLength':
      if (field.minLength === field.maxLength) return `Exactly ${limit} characters.`;
      return error.keyword === 'minLength' ? `At least ${limit} characters.` : `At most ${limit} characters.`;
    case 'minimum':
      return `At least ${limit}.`;
    case 'maximum':
      return `At most ${limit}.`;
    case 'enum':
      return `One of ${field.choices?.join(', ') ?? 'the choices'}.`;
    case 'type':
      return `This must be ${/^[aio]/.test(field.type) ? 'an' : 'a'} ${field.type}.`;
    case 'pattern':
      return `This does not fit. ${field.description}`;
    default:
      return `This ${error.message ?? 'is not valid'}.`;
  }
}
