import { OPERATIONS } from '@dtq/generated/rest/operations.ts';

/** A job to do, as it stands in the form. */
export interface Sample {
  readonly job_type: string;
  readonly payload: object;
  readonly [member: string]: unknown;
}

/** Where a reader's own key is to come from: a key itself stands in nothing that is copied. */
const KEY_VARIABLE = 'DTQ_API_KEY';

/** The submit as a shell command, safe to paste whatever stands in the payload; `wantsKey` where the API asks for a key. */
export function curlOf(origin: string, sample: Sample, wantsKey: boolean): string {
  return [
    `curl -sS ${quoted(origin + OPERATIONS.submitJob.path)}`,
    ...(wantsKey ? [`-H "authorization: Bearer $${KEY_VARIABLE}"`] : []),
    `-H 'content-type: application/json'`,
    `-d ${quoted(JSON.stringify(sample))}`,
  ].join(' \\\n  ');
}

/** The submit as a program of another team writes it. */
export function sdkOf(origin: string, { job_type, payload, ...options }: Sample, wantsKey: boolean): string {
  const apiKey = wantsKey ? `, apiKey: process.env.${KEY_VARIABLE}` : '';
  const more = Object.keys(options).length === 0 ? '' : `, ${literal(options)}`;
  return [
    "import { createClient } from '@dtq/sdk';",
    '',
    `const dtq = createClient({ baseUrl: ${literal(origin)}${apiKey} });`,
    `const job = await dtq.submit(${literal(job_type)}, ${literal(payload)}${more});`,
    'console.log(await dtq.wait(job.job_id));',
  ].join('\n');
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** A value as TypeScript writes it, on one line. */
function literal(value: unknown): string {
  if (typeof value === 'string')
    return `'${JSON.stringify(value).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`;
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).map(
    ([name, one]) => `${/^[A-Za-z_$][\w$]*$/.test(name) ? name : literal(name)}: ${literal(one)}`,
  );
  return members.length === 0 ? '{}' : `{ ${members.join(', ')} }`;
}
