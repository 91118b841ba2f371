import type { Contracts } from './contracts.ts';
import { type Exchange, exchangeFindings, Sides } from './exchanges.ts';
import type { Finding } from './finding.ts';
import { compareLifecycle } from './lifecycle.ts';
import { compareMessaging } from './messaging.ts';
import { compareRest } from './rest.ts';
import type { Severity } from './rules.ts';
import { compareStorage } from './storage.ts';

export interface Outcome {
  /** The worst first. */
  readonly findings: readonly Finding[];
  /** Everything that was compared as schemas, for a replay of instances. */
  readonly exchanges: readonly Exchange[];
  readonly sides: Sides;
}

const ORDER: readonly Severity[] = ['breaking', 'undecided', 'notice'];

/** Finds what breaks, and for whom, when programs of the new contracts come to those of the old ones. */
export function compareContracts(old: Contracts, now: Contracts): Outcome {
  const sides = new Sides(old, now);
  const parts = [compareRest(sides), compareMessaging(sides), compareStorage(sides)];
  const exchanges = parts.flatMap((part) => part.exchanges);
  const findings = [
    ...parts.flatMap((part) => part.findings),
    ...exchangeFindings(sides, exchanges),
    ...compareLifecycle(sides),
  ];
  return {
    findings: findings.sort((a, b) => ORDER.indexOf(a.severity) - ORDER.indexOf(b.severity)),
    exchanges,
    sides,
  };
}
