import { stateMachine } from '@dtq/api/docs-lifecycle.ts';
import { type Html, html, trusted } from '../html.ts';
import { type Page, table } from '../page.ts';
import { anchorOf } from '../site-map.ts';

export interface Chapter {
  readonly file: string;
  readonly title: string;
  /** What the page tells, in a line. */
  readonly tells: string;
}

/** The first page: what dtq is, the other pages, the states of a job, and every code. Problem answers lead here. */
export function indexPage(page: Page, chapters: readonly Chapter[]): Html {
  const { openapi } = page.contracts;
  const cards = chapters.map(
    ({ file, title, tells }) =>
      html`<li><a class="card" href="${file}"><b>${title}</b><span>${tells}</span></a></li>\n`,
  );
  return html`<p class="lead">${openapi.info.summary}</p>
${page.prose(openapi.info.description)}
<ul class="cards">
${cards}</ul>
${states(page)}
${problems(page)}
${jobErrors(page)}`;
}

function states(page: Page): Html {
  const { lifecycle } = page.contracts;
  return html`${page.heading(2, 'states', 'The states of a job')}
<p>A job moves along these arrows and no others; a double frame is a state that stays. Within a state the progress only grows,
until a later attempt begins.</p>
<div class="drawing" tabindex="0" role="region" aria-label="The states as a drawing">${trusted(stateMachine(lifecycle))}</div>
${table(
  'States',
  ['state', 'meaning'],
  Object.entries(lifecycle.states).map(([name, { description }]) => ({
    id: anchorOf('state', name),
    cells: [html`<code class="name">${name}</code>`, page.words(description)],
  })),
)}
${page.heading(3, 'transitions', 'What moves it')}
${table(
  'Transitions',
  ['arrow', 'from', 'to', 'when'],
  lifecycle.transitions.map(({ from, to, when }, index) => ({
    cells: [String(index + 1), page.link('state', from), page.link('state', to), page.words(when)],
  })),
)}
${page.heading(3, 'milestones', 'Its milestones')}
<p>Each is written before the step that it announces; a failure keeps the progress that it reached.</p>
${table(
  'Milestones',
  ['milestone', 'state', 'progress', 'message'],
  Object.entries(lifecycle.milestones).map(([name, { state, progress_percent, message }]) => ({
    cells: [
      html`<code class="name">${name}</code>`,
      page.link('state', state),
      `${progress_percent} %`,
      page.words(message),
    ],
  })),
)}`;
}

function problems(page: Page): Html {
  // Headings are noted as they are made, and so in the order of the page.
  const heading = page.heading(2, 'problems', 'Problems');
  const entries = Object.entries(page.contracts.problems).map(([code, { status, title, cause, cure }]) => {
    const shown = html`<code>${code}</code> <span class="status">${status}</span>`;
    return html`<section class="code-entry">
${page.headingOf(3, 'problem', code, code, 'problem', shown)}
<p class="title">${page.words(title)}.</p>
<dl><dt>Cause</dt><dd>${page.words(cause)}</dd><dt>Cure</dt><dd>${page.words(cure)}</dd></dl>
</section>
`;
  });
  return html`${heading}
<p>Every error of the API is an RFC 9457 problem (${page.link('schema', 'Problem', 'Problem')}); its <code>type</code> leads here,
and its <code>code</code> is one of these.</p>
${entries}`;
}

function jobErrors(page: Page): Html {
  const heading = page.heading(2, 'job-errors', 'Errors of jobs');
  const entries = Object.entries(page.contracts.jobErrors).map(([code, definition]) => {
    const { title, cause, cure, retryable, jobType } = definition;
    const of = jobType === null ? '' : html` <span class="tag">only ${page.link('job', jobType, jobType)}</span>`;
    const shown = html`<code>${code}</code>`;
    return html`<section class="code-entry">
${page.headingOf(3, 'jobError', code, code, 'error of a job', shown)}
<p class="title">${page.words(title)}. <span class="tag">${retryable ? 'may do better later' : 'stays so'}</span>${of}</p>
<dl><dt>Cause</dt><dd>${page.words(cause)}</dd><dt>Cure</dt><dd>${page.words(cure)}</dd></dl>
</section>
`;
  });
  return html`${heading}
<p>A job that failed names one of these in its status and in its document. The worker makes another attempt by itself where that
may do better, as often as the type's policy says; what failed for good can be submitted again with
${page.link('operation', 'replayJobs')}.</p>
${entries}`;
}
