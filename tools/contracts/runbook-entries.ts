/** What the runbook says of one alert. */
export interface RunbookEntry {
  readonly alert: string;
  /** Its parts by name: Meaning, See, Do. */
  readonly parts: ReadonlyMap<string, string>;
}

const PARTS = ['Meaning', 'See', 'Do'] as const;

/** The entries below `## Alerts`, each a heading of its own. */
export function runbookEntries(text: string): RunbookEntry[] {
  const section = /^## Alerts\n(?<all>[\s\S]*?)(?=^## )/m.exec(text)?.groups?.['all'] ?? '';
  return section
    .split(/^### /m)
    .slice(1)
    .map((entry) => {
      const [alert = '', ...lines] = entry.split('\n');
      const parts = [...lines.join('\n').matchAll(/^- \*\*(\w+)\*\*: ([\s\S]*?)(?=^- \*\*|^\n|(?![\s\S]))/gm)];
      return { alert, parts: new Map(parts.map(([, name = '', words = '']) => [name, words.trim()])) };
    });
}

/** The anchors that GitHub makes of a document's headings. */
export function anchorsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^a-z0-9 _-]/g, '')
      .replaceAll(' ', '-'),
  );
}

/** Where rules and runbook do not fit: an alert without its one entry, an entry without its alert, a part or a pointer that is missing. */
export function runbookFaults(rules: string, text: string): string[] {
  const entries = runbookEntries(text);
  const anchors = anchorsOf(text);
  const alerts = rules.split(/^ +- alert: /m).slice(1);
  const names = alerts.map((rule) => rule.split('\n')[0] ?? '');
  return [
    ...alerts.flatMap((rule, index) => {
      const name = names[index] ?? '';
      const count = entries.filter(({ alert }) => alert === name).length;
      const pointer = /^ +runbook: (\S+)$/m.exec(rule)?.[1];
      return [
        ...(count === 1 ? [] : [`${name} has ${count} entries`]),
        ...(pointer === `infra/RUNBOOK.md#${name.toLowerCase()}` ? [] : [`${name} points to ${pointer}`]),
      ];
    }),
    ...entries.flatMap(({ alert, parts }) => [
      ...(names.includes(alert) ? [] : [`${alert} is no alert`]),
      ...(anchors.filter((anchor) => anchor === alert.toLowerCase()).length === 1 ? [] : [`${alert} has no anchor`]),
      ...PARTS.filter((part) => (parts.get(part) ?? '') === '').map((part) => `${alert} has no ${part}`),
    ]),
    ...[...text.matchAll(/\]\(#([^)]+)\)/g)].flatMap(([, anchor = '']) =>
      anchors.includes(anchor) ? [] : [`#${anchor} leads nowhere`],
    ),
  ];
}
