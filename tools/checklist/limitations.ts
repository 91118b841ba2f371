import { readFileSync } from 'node:fs';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '../..');

/** Where they stand, and under which heading. */
export const LIMITATIONS_DOCUMENT = 'infra/RUNBOOK.md';
const HEADING = '## Known limitations';

/** The known limitations as the runbook has them, each in one line. Throws where the section or its list is gone. */
export function knownLimitations(text = readFileSync(path.join(root, LIMITATIONS_DOCUMENT), 'utf8')): string[] {
  const lines = text.split('\n');
  const start = lines.indexOf(HEADING);
  if (start < 0) throw new Error(`${LIMITATIONS_DOCUMENT} has no section "${HEADING}"`);
  const end = lines.findIndex((line, index) => index > start && line.startsWith('## '));
  const section = lines.slice(start + 1, end < 0 ? undefined : end);
  const items: string[] = [];
  for (const line of section) {
    if (line.startsWith('- ')) items.push(line.slice(2).trim());
    else if (line.startsWith('  ')) items.push(`${items.pop() ?? ''} ${line.trim()}`.trim());
  }
  if (items.length === 0) throw new Error(`"${HEADING}" in ${LIMITATIONS_DOCUMENT} lists nothing`);
  return items.map((item) => item.replaceAll('**', ''));
}
