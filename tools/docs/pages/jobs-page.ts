import type { Field } from '@dtq/generated/jobs/form.ts';
import type { JobPolicy } from '@dtq/generated/jobs/index.ts';
import { json } from '../code.ts';
import type { JobDefinition } from '../contracts.ts';
import { type Html, html } from '../html.ts';
import { list, type Page, table } from '../page.ts';
import { boundsOf } from '../schema-view.ts';

/** Every type of job: what goes in, what comes out, how it is done. */
export function jobsPage(page: Page): Html {
  const sections = Object.entries(page.contracts.jobs).map(([jobType, job]) => section(page, jobType, job));
  return html`<p>A type of job is one file in <code>specs/jobs</code> and one handler. Submit one with
${page.link('operation', 'submitJob')}; its result comes with ${page.link('operation', 'getJob')}.</p>
${sections}`;
}

function section(
  page: Page,
  jobType: string,
  { title, description, payload, output, policy, examples }: JobDefinition,
): Html {
  const errors = Object.entries(page.contracts.jobErrors)
    .filter(([, definition]) => definition.jobType === jobType)
    .map(([code]) => page.link('jobError', code));
  const topics = Object.entries(page.contracts.asyncapi.channels)
    .filter(([, channel]) => channel['x-dtq-job-type'] === jobType)
    .map(([name, { address }]) => page.link('channel', name, html`<code>${address ?? name}</code>`));
  return html`<section>
${page.headingOf(2, 'job', jobType, title, 'job type', html`${title} <code class="aside">${jobType}</code>`)}
${page.prose(description)}
${page.heading(3, `job-${jobType}-payload`, `${title}: payload`, 'what goes in', 'Payload')}
${fieldTable(page, jobType, 'payload', payload)}
${page.heading(3, `job-${jobType}-output`, `${title}: output`, 'what comes out', 'Output')}
${fieldTable(page, jobType, 'output', output)}
${page.heading(3, `job-${jobType}-policy`, `${title}: policy`, 'how it is done', 'Policy')}
${policyTable(policy)}
<p>Errors that only this type ends in: ${errors.length === 0 ? 'none' : list(errors)}.</p>
<p>Topics: ${list(topics)}.</p>
${page.heading(3, `job-${jobType}-examples`, `${title}: examples`, '', 'Examples')}
${examples.map(
  ({ name, summary, payload: given, output: made }) => html`<div class="example" id="job-${jobType}-example-${name}">
<p class="label">${page.words(summary)}</p>
<div class="pair"><div><p class="side">payload</p>${json(given)}</div><div><p class="side">output</p>${json(made)}</div></div>
</div>
`,
)}
</section>
`;
}

function fieldTable(page: Page, jobType: string, part: 'payload' | 'output', fields: readonly Field[]): Html {
  const rows = fields.map((field) => {
    const { name, required, type, description, choices, unit, pattern } = field;
    const bounds = boundsOf(withoutNull(field));
    const kind =
      choices === null
        ? html`${type}${bounds === '' ? '' : html` <span class="bounds">${bounds}</span>`}`
        : list(choices.map((choice) => html`<code>${JSON.stringify(choice)}</code>`));
    return {
      id: `job-${jobType}.${part}.${name}`,
      cells: [
        html`<code class="name">${name}</code>${required ? html` <span class="required">required</span>` : ''}`,
        html`${kind}${unit === null ? '' : html` <span class="bounds">in ${unit}</span>`}`,
        html`${page.words(description)}${pattern === null ? '' : html` <span class="pattern">Pattern <code>${pattern}</code></span>`}`,
      ],
    };
  });
  return table(`Fields of the ${part}`, ['field', 'type', 'meaning'], rows);
}

function withoutNull(field: Field): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(field).filter(([, value]) => value !== null));
}

function policyTable(policy: JobPolicy): Html {
  const { timeoutMs, providerTimeoutMs, providerAttempts, backoff, attempts, retry, concurrency } = policy;
  const jitter = ({ baseMs, capMs }: { baseMs: number; capMs: number }): string =>
    `a random wait up to ${time(baseMs)}, doubled each time, at most ${time(capMs)}`;
  const rows: readonly (readonly [string, string])[] = [
    ['Attempts at a job', String(attempts)],
    ['Time of an attempt', `at most ${time(timeoutMs)}`],
    ['Between attempts', jitter(retry)],
    ['Calls to the provider in an attempt', `at most ${providerAttempts}, each at most ${time(providerTimeoutMs)}`],
    ['Between calls', jitter(backoff)],
    ['At once in one worker', `${concurrency} jobs`],
  ];
  return table(
    'Policy',
    ['rule', 'value'],
    rows.map(([rule, value]) => ({ cells: [rule, value] })),
  );
}

function time(ms: number): string {
  if (ms % 60_000 === 0) return `${ms / 60_000} min`;
  return ms % 1000 === 0 ? `${ms / 1000} s` : `${ms} ms`;
}
