import { json } from '../code.ts';
import { type Html, html } from '../html.ts';
import { markdown } from '../markdown.ts';
import { type Page, table } from '../page.ts';
import { fieldTable, typeOf } from '../schema-view.ts';
import { anchorOf } from '../site-map.ts';

/** Every schema, by name. */
export function schemasPage(page: Page): Html {
  const { schemas } = page.contracts;
  const sections = Object.entries(schemas).map(([name, schema]) => {
    const { description, properties, examples = [], title: _title, ...rest } = schema;
    return html`<section class="schema">
${page.headingOf(2, 'schema', name, name, 'type', html`<code>${name}</code>`)}
${page.prose(description)}
${
  properties === undefined
    ? html`<p>${typeOf(page, rest)}${typeof schema['pattern'] === 'string' ? html`, pattern <code>${schema['pattern']}</code>` : ''}</p>`
    : fieldTable(page, `Fields of ${name}`, schema, (path) => anchorOf('schema', `${name}.${path}`))
}
${examples.length === 0 ? '' : json(examples[0])}
</section>
`;
  });
  return html`<p>The types of what travels and of what is stored. What dtq writes has these fields and no others; what it reads from a
broker or a store may have more, which are ignored.</p>
${sections}`;
}

/** The variables of the environment, with their defaults. */
export function environmentPage(page: Page): Html {
  const rows = page.contracts.settings.map(({ name, value }) => ({
    id: anchorOf('setting', name),
    cells: [html`<code class="name">${name}</code>`, value === '' ? 'none' : html`<code>${value}</code>`],
  }));
  for (const { name } of page.contracts.settings)
    page.headings.push({ level: 4, id: anchorOf('setting', name), text: name, kind: 'variable' });
  return html`<p>What an API and a worker on the real servers read from the environment, and what they take where it is unset.
<code>npm run config:print</code> shows what would count here and now; the README says what each means. A value that cannot be used
stops the program at its start, with one line that names the variable, the value and what it takes.</p>
${table('Variables', ['variable', 'default'], rows)}`;
}

/** What changed from version to version. */
export function changelogPage(page: Page): Html {
  const idOf = (heading: string): string | undefined => {
    const version = /^\d+\.\d+\.\d+/.exec(heading)?.[0];
    if (version === undefined) return undefined;
    page.headings.push({ level: 2, id: `version-${version}`, text: heading, kind: 'version of the contracts' });
    return `version-${version}`;
  };
  // The page has a title of its own.
  return html`${markdown(page.contracts.changelog.replace(/^# .*\n/, ''), { idOf, linkOf: page.linkOf })}`;
}
