import { describe, expect, it } from 'vitest';
import { root } from '../sources.ts';
import type { Change } from './changes/change.ts';
import { CHANGES } from './changes/index.ts';
import { compareContracts, type Outcome } from './compare.ts';
import { type Exchange, isChanged } from './exchanges.ts';
import type { Finding } from './finding.ts';
import { contractsOfData, readSpecData } from './read.ts';
import { distinctExchanges, replay } from './replay.ts';
import { RULES } from './rules.ts';
import { readAs } from './validators.ts';

// Each change is judged by the gate, and then really made: instances are put through the old and the new validators.

const INSTANCES = 20;
/** A change of what stands everywhere shows everywhere; so many different places of it are enough. */
const MOST_PLACES = 4;
const SEED = 20260214;

const specs = readSpecData(root);
const today = contractsOfData(specs);

function outcomeOf({ before, edit }: Change): Outcome {
  const old = structuredClone(specs);
  before?.(old);
  const now = structuredClone(old);
  edit(now);
  return compareContracts(before === undefined ? today : contractsOfData(old), contractsOfData(now));
}

function rules(findings: readonly Finding[]): string[] {
  return [...new Set(findings.map(({ rule }) => rule))].sort();
}

/** The exchange that a witness breaks, by the validators; undefined where it breaks none. */
function brokenBy({ exchanges }: Outcome, { rule, seen, witness }: Finding): Exchange | undefined {
  return exchanges.find(({ place, writer, reader, ...exchange }) => {
    if (exchange.rule !== rule || !seen.includes(place) || witness === undefined) return false;
    const written = readAs(writer.types, 'strict', writer.schema, witness).taken;
    return written && !readAs(reader.types, reader.as, reader.schema, witness).taken;
  });
}

const OF_INSTANCES = new Set(['request', 'answer', 'old-message', 'new-message', 'old-stored', 'new-stored']);

for (const [group, changes] of Object.entries(CHANGES)) {
  describe(group, () => {
    for (const change of changes) {
      it(change.name, () => {
        const outcome = outcomeOf(change);
        const breaking = outcome.findings.filter(({ severity }) => severity !== 'notice');
        const notices = outcome.findings.filter(({ severity }) => severity === 'notice');
        expect(rules(breaking)).toEqual([...change.breaks].sort());
        expect(rules(notices)).toEqual([...(change.notices ?? [])].sort());
        expect(breaking.some(({ severity }) => severity === 'undecided')).toBe(change.undecided === true);
        for (const finding of outcome.findings) {
          expect(finding.affects).toBe(RULES[finding.rule].affects);
          expect(finding.instead).not.toContain('{');
        }

        for (const finding of breaking.filter(
          ({ rule, severity }) => OF_INSTANCES.has(rule) && severity === 'breaking',
        ))
          expect(brokenBy(outcome, finding), `${finding.place}: ${finding.what}`).toBeDefined();

        const passing = outcome.exchanges.filter(
          (exchange) => isChanged(exchange) && outcome.sides.faults(exchange).length === 0,
        );
        for (const exchange of distinctExchanges(passing).slice(0, MOST_PLACES))
          expect(replay(exchange, INSTANCES, SEED)).toEqual([]);
      });
    }
  });
}

it('the table is as long as it must be, and no change stands in it twice', () => {
  const names = Object.values(CHANGES)
    .flat()
    .map(({ name }) => name);
  expect(names.length).toBeGreaterThanOrEqual(80);
  expect(new Set(names).size).toBe(names.length);
});
