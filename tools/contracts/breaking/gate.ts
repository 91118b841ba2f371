import path from 'node:path';
import { parseArgs } from 'node:util';
import { compareContracts } from './compare.ts';
import { contractsOfData, readContracts, readSpecData } from './read.ts';
import { judge, lastReleased, RELEASED, release, versionsIn } from './released.ts';
import { isBreaking, reportJson, reportText } from './report.ts';

const USAGE = `npm run contracts:breaking -- [--against REF] [--json]
  compares the contracts in specs/ with others, and ends with 1 where something breaks
  --against REF  a git ref, a folder with specs/, or a bundle; the last release in ${RELEASED} where it is left out
  --json         for programs
npm run contracts:release
  writes a bundle of the contracts under their version, where nothing breaks`;

/**
 * Runs the gate over the specs below a root, with the words of a command line. Gives the exit code: 0 where nothing breaks, 1
 * where something does, 2 where it could not be told what to compare.
 */
export function runGate(root: string, words: readonly string[], print: (text: string) => void): number {
  try {
    const { values } = parseArgs({
      args: [...words],
      options: {
        against: { type: 'string' },
        json: { type: 'boolean' },
        release: { type: 'boolean' },
        help: { type: 'boolean' },
      },
    });
    if (values.help === true) {
      print(USAGE);
      return 0;
    }
    return compare(root, values, print);
  } catch (error) {
    print(`contracts: ${error instanceof Error ? error.message : String(error)}`);
    return 2;
  }
}

function compare(
  root: string,
  {
    against,
    json,
    release: isRelease,
  }: { against?: string | undefined; json?: boolean | undefined; release?: boolean | undefined },
  print: (text: string) => void,
): number {
  const folder = path.join(root, RELEASED);
  const now = contractsOfData(readSpecData(root));
  const reference =
    against ?? (isRelease === true && versionsIn(folder).length === 0 ? undefined : lastReleased(folder));
  if (reference !== undefined) {
    const old = readContracts(root, reference);
    const { findings, unused } = judge(folder, old.version, compareContracts(old, now).findings);
    const name = reference.startsWith(root) ? path.relative(root, reference) : reference;
    const report = { now: now.version, against: `${old.version} (${name})`, findings };
    print(json === true ? reportJson(report) : reportText(report));
    if (json !== true && against === undefined) {
      for (const { rule, place } of unused)
        print(`\naccepted for nothing: ${rule} at ${place}; take it out of accepted.json`);
    }
    if (findings.some(isBreaking)) return 1;
  }
  if (isRelease === true) print(`released: ${path.relative(root, release(folder, now))}`);
  return 0;
}
