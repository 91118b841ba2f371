import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Contracts } from './contracts.ts';
import type { Finding } from './finding.ts';
import type { RuleId } from './rules.ts';

/** Where the bundles of released contracts are, one file a version, below the root of the repository. */
export const RELEASED = 'tools/contracts/released';
const ACCEPTED = 'accepted.json';

/** A finding that somebody has looked at, and why it may stand: a deploy in two steps, or what the gate cannot see. */
export interface Accepted {
  /** The version of the contracts that the change is measured against. */
  readonly against: string;
  readonly rule: RuleId;
  readonly place: string;
  /** What the finding says, whole, so that nothing else of that place is accepted with it. */
  readonly what: string;
  readonly reason: string;
}

export interface Judged extends Finding {
  /** Why it may stand; undefined where nobody has said so. */
  readonly accepted?: string;
}

/** The file of the last released contracts. Throws an Error where there is none yet. */
export function lastReleased(folder: string): string {
  const last = versionsIn(folder).at(-1);
  if (last === undefined)
    throw new Error(`nothing is released in ${folder}; npm run contracts:release writes the first`);
  return path.join(folder, `${last}.json`);
}

/** The released versions, the earliest first. */
export function versionsIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => /^\d+\.\d+\.\d+\.json$/.test(name))
    .map((name) => name.replace(/\.json$/, ''))
    .sort(compareVersions);
}

/** Negative where the first version comes before the second. */
export function compareVersions(one: string, other: string): number {
  const [a, b] = [one, other].map((version) => version.split('.').map(Number));
  const index = (a ?? []).findIndex((part, at) => part !== b?.[at]);
  return index < 0 ? 0 : (a?.[index] ?? 0) - (b?.[index] ?? 0);
}

/**
 * Writes the contracts as a bundle under their version, and gives the file. Throws an Error where that version, or a later
 * one, was released with others: what is released stays as it is.
 */
export function release(folder: string, contracts: Contracts): string {
  const { version } = contracts;
  const file = path.join(folder, `${version}.json`);
  const text = bundleText(contracts);
  if (existsSync(file)) {
    if (readFileSync(file, 'utf8') === text) return file;
    throw new Error(
      `${version} is released with other contracts; raise info.version in specs/openapi.yaml and specs/asyncapi.yaml`,
    );
  }
  const last = versionsIn(folder).at(-1);
  if (last !== undefined && compareVersions(version, last) < 0)
    throw new Error(
      `${last} is released already, and ${version} comes before it; raise info.version in both documents`,
    );
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, text);
  return file;
}

/** The text of a bundle: its parts in their order, one line for each type, operation and channel. */
function bundleText(contracts: Contracts): string {
  const parts = Object.entries(contracts).map(([name, part]) => {
    if (Array.isArray(part) || typeof part !== 'object') return `${JSON.stringify(name)}: ${JSON.stringify(part)}`;
    const lines = Object.entries(part).map(([key, value]) => `    ${JSON.stringify(key)}: ${JSON.stringify(value)}`);
    return `${JSON.stringify(name)}: {\n${lines.join(',\n')}\n  }`;
  });
  return `{\n${parts.map((part) => `  ${part}`).join(',\n')}\n}\n`;
}

/** Marks the findings that are accepted, and gives the acceptances that no finding needs. */
export function judge(
  folder: string,
  against: string,
  findings: readonly Finding[],
): { findings: readonly Judged[]; unused: readonly Accepted[] } {
  const file = path.join(folder, ACCEPTED);
  const all = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Accepted[]) : [];
  for (const { rule, place, reason } of all) {
    if (typeof reason !== 'string' || reason.trim().length < 20)
      throw new Error(`${file}: ${rule} at ${place} is accepted without a reason that explains it`);
  }
  const own = all.filter((entry) => entry.against === against);
  const used = new Set<Accepted>();
  const judged = findings.map((finding): Judged => {
    const entry = own.find(
      ({ rule, place, what }) => rule === finding.rule && place === finding.place && what === finding.what,
    );
    if (entry === undefined || finding.severity === 'notice') return finding;
    used.add(entry);
    return { ...finding, accepted: entry.reason };
  });
  return { findings: judged, unused: own.filter((entry) => !used.has(entry)) };
}
