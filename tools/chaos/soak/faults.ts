import { setTimeout as delay } from 'node:timers/promises';
import { between, pick, type Random } from '@dtq/mock/random.ts';
import type { Fleet, Member } from './fleet.ts';

const KINDS = ['kill', 'stop', 'freeze'] as const;
export type FaultKind = (typeof KINDS)[number];

export interface Fault {
  readonly victim: string;
  readonly kind: FaultKind;
  /** Of a freeze, in milliseconds; 0 for the others. */
  readonly forMs: number;
}

/** From a pause that nobody notices to one that costs a worker its share of the queue (6 s of silence and more). */
const FREEZE_MS = [1000, 10_000] as const;
/** A stop in order is over by then: what is done, 20 s at the most, and 5 s (WORKER_SHUTDOWN_DRAIN_TIMEOUT). */
const STOP_MS = 40_000;

/**
 * What is done, and to whom, one after the other for ever: of three that follow each other one is a kill, one a stop and one a
 * freeze, in any order, so that a short run has them all. A witness is frozen and nothing else.
 */
export function* drawFaults(
  random: Random,
  members: readonly Pick<Member, 'name' | 'isWitness'>[],
): Generator<Fault, never> {
  for (;;) {
    const kinds: FaultKind[] = [...KINDS];
    while (kinds.length > 0) {
      const kind = pick(random, kinds);
      kinds.splice(kinds.indexOf(kind), 1);
      const { name } = pick(
        random,
        members.filter(({ isWitness }) => kind === 'freeze' || !isWitness),
      );
      yield { victim: name, kind, forMs: kind === 'freeze' ? Math.round(between(random, ...FREEZE_MS)) : 0 };
    }
  }
}

/** Does it, and resolves when the process runs again. Gives what was wrong with it, or null: a stop must be in order. */
export async function commit({ victim, kind, forMs }: Fault, fleet: Fleet): Promise<string | null> {
  const member = fleet.members.find(({ name }) => name === victim);
  if (member === undefined) throw new Error(`there is no ${victim}`);
  const { program } = member;
  member.isWell = false;
  if (kind === 'freeze') {
    program.signal('SIGSTOP');
    await delay(forMs);
    program.signal('SIGCONT');
    member.isWell = true;
    return null;
  }
  program.signal(kind === 'kill' ? 'SIGKILL' : 'SIGTERM');
  const late = AbortSignal.timeout(STOP_MS);
  late.addEventListener('abort', () => program.signal('SIGKILL'));
  const how = await program.exited;
  await fleet.restart(member);
  return kind === 'stop' && how !== 0 ? `${victim} was asked to stop, and ended with ${how}` : null;
}
