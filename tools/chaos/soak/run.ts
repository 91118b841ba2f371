import { setTimeout as delay } from 'node:timers/promises';
import { withSpace } from '@dtq/bench/bench.ts';
import type { Programs } from '@dtq/bench/programs.ts';
import { pick, seeded } from '@dtq/mock/random.ts';
import { Balancer } from '../balancer.ts';
import type { Verdict } from '../judge.ts';
import { Stores } from '../stores.ts';
import { commit, drawFaults, type Fault } from './faults.ts';
import { Fleet, type Member } from './fleet.ts';
import { leastOf, leftOver } from './growth.ts';
import { type Evidence, type Figures, heldBefore, lookAtTheEnd, type Moment } from './look.ts';
import type { SoakOptions } from './options.ts';
import type { Sample } from './sample.ts';
import { asFastAsDone, steadily, Traffic } from './traffic.ts';
import { Watch } from './watch.ts';

/** Jobs that are not done yet while the capacity is measured: enough to keep all seats of two workers busy. */
const WINDOW = 300;
/** Until the processes run as fast as they will, and then so long it is counted; in milliseconds. */
const WARM_UP_MS = 10_000;
const CAPACITY_MS = 10_000;
const FAULT_EVERY_MS = 20_000;
/** What was done last has that long to show under load. */
const LAST_FAULT_BEFORE_END_MS = 15_000;
/**
 * What a burst takes once and keeps, as a pool its connections, is no growth: each process is so long away, and then meets what
 * has come meanwhile, before it is first looked at.
 */
const AWAY_MS = 2000;
const SAMPLE_EVERY_MS = 5000;
const LOOK_EVERY_MS = 1000;
/**
 * Each accepted job must be final within so long after the last submit. Where a last status could not be written in time, the
 * sweep of the workers writes it (index-sweep.ts), a minute later at the earliest.
 */
const SETTLE_MS = 120_000;
/** Long enough for the sweep, and short enough that Redis holds the statuses of some minutes, and not of the whole run. */
const STATUS_TTL = '200s';
/** So long what is left over may take to go, such as a connection that is kept for a next request. */
const IDLE_MS = 30_000;
/** Longer than an API keeps an idle connection (5 s). */
const BASELINE_SAMPLES = 8;

/** Tells whoever waits how far it is; `phase` is one of few words. */
export interface Say {
  progress(phase: string, words: string): void;
  note(words: string): void;
}

export interface SoakResult {
  readonly verdicts: readonly Verdict[];
  readonly figures: Figures;
  readonly capacityPerSecond: number;
  readonly ratePerSecond: number;
  readonly acceptedUnderLoad: number;
  readonly faults: readonly (Fault & { readonly atSeconds: number })[];
}

/** The whole run in a space of its own, which is taken away afterwards. Rejects where `signal` aborts, or where nothing runs. */
export async function soak(
  { minutes, seed }: Pick<SoakOptions, 'minutes' | 'seed'>,
  programs: Programs,
  say: Say,
  signal: AbortSignal,
): Promise<SoakResult> {
  return await withSpace(async (space) => {
    const balancer = new Balancer();
    const stores = await new Stores(space.config('worker')).connect();
    const watch = new Watch();
    const random = seeded(seed);
    const traffic = new Traffic(balancer.next, seeded(seed, 1), watch);
    const looking = repeatedly(LOOK_EVERY_MS, () => watch.look(stores));
    try {
      const fleet = new Fleet(programs, { ...space.environment, STATUS_TTL }, balancer);
      say.progress('start', 'two APIs, two workers and their provider');
      await fleet.start([pick(random, ['api-1', 'api-2']), pick(random, ['worker-1', 'worker-2'])]);
      const capacityPerSecond = await capacityOf(traffic, watch, say, signal);
      for (const { name } of fleet.ours) {
        say.progress('capacity', `what ${name} makes of a burst`);
        await commit({ victim: name, kind: 'freeze', forMs: AWAY_MS }, fleet);
      }
      await settled(traffic, watch, say);
      say.progress('settling', 'what each process holds with nothing to do');
      const before = await idle(fleet, BASELINE_SAMPLES);

      const load: LoadOptions = { minutes, perSecond: capacityPerSecond / 2, random: seeded(seed, 2) };
      const acceptedBefore = traffic.told.answers.size;
      const done = await underLoad(load, { fleet, traffic, watch, say, signal });
      const settleMs = await settled(traffic, watch, say);

      const acceptedUnderLoad = traffic.told.answers.size - acceptedBefore;
      say.progress('looking', 'what is left over in the processes');
      const left = await leftIn(stores);
      const after = await idleAgain(fleet, before);
      const stops = await endAll(fleet);
      const { told } = traffic;
      const reading = {
        documents: () =>
          stores.documents((count) => say.progress('looking', `${count} of ${told.answers.size} documents`)),
        keys: () => stores.keys(),
        deadLetters: () => stores.deadLetters(),
      };
      const members = fleet.ours;
      const ended = await lookAtTheEnd({ stores: reading, told, watch, members, before, after, settleMs, left });
      const wrong = [...done.wrong, ...stops];
      return {
        ...ended,
        verdicts: [...ended.verdicts, { name: 'every stop was in order, and nobody ended by itself', faults: wrong }],
        capacityPerSecond,
        ratePerSecond: load.perSecond,
        acceptedUnderLoad,
        faults: done.faults,
      };
    } finally {
      traffic.giveUp();
      balancer.end();
      await looking.end();
      await programs.endAll();
      await stores.close();
    }
  });
}

/** Jobs a second that come to their end while as many are submitted as are done. */
async function capacityOf(traffic: Traffic, watch: Watch, say: Say, signal: AbortSignal): Promise<number> {
  traffic.start(asFastAsDone(WINDOW, watch));
  const counted = async (ms: number): Promise<number> => {
    const [began, ended] = [performance.now(), watch.finals.size];
    while (performance.now() - began < ms) {
      await delay(500, undefined, { signal });
      say.progress('capacity', `${watch.finals.size} jobs done as fast as they can be`);
    }
    return ((watch.finals.size - ended) * 1000) / (performance.now() - began);
  };
  await counted(WARM_UP_MS);
  const capacity = await counted(CAPACITY_MS);
  if (capacity === 0) throw new Error('no job comes to its end');
  return capacity;
}

/** Submits no more and waits for what is open; gives how long that took, in milliseconds. */
async function settled(traffic: Traffic, watch: Watch, say: Say): Promise<number> {
  await traffic.stop();
  const began = performance.now();
  while (watch.open > 0 && performance.now() - began < SETTLE_MS) {
    say.progress('settling', `${watch.open} jobs are still open`);
    await delay(200);
  }
  return performance.now() - began;
}

interface LoadOptions {
  readonly minutes: number;
  readonly perSecond: number;
  readonly random: ReturnType<typeof seeded>;
}

interface Running {
  readonly fleet: Fleet;
  readonly traffic: Traffic;
  readonly watch: Watch;
  readonly say: Say;
  readonly signal: AbortSignal;
}

/** The load, with something done to a process every 20 s. */
async function underLoad(
  { minutes, perSecond, random }: LoadOptions,
  { fleet, traffic, watch, say, signal }: Running,
): Promise<{ readonly faults: SoakResult['faults']; readonly wrong: readonly string[] }> {
  const began = performance.now();
  const endMs = minutes * 60_000;
  const at = (): number => performance.now() - began;
  const drawn = drawFaults(random, fleet.members);
  const faults: (Fault & { atSeconds: number })[] = [];
  const wrong: string[] = [];
  const sampling = repeatedly(SAMPLE_EVERY_MS, async () => {
    await Promise.all(
      fleet.ours.filter(({ isWell }) => isWell).map((member) => fleet.sample(member).catch(() => null)),
    );
  });
  traffic.start(steadily(perSecond));
  let next = FAULT_EVERY_MS;
  let injuring: Promise<void> = Promise.resolve();
  try {
    while (at() < endMs) {
      await delay(200, undefined, { signal });
      const last = faults.at(-1);
      say.progress(
        `${clock(at())} of ${clock(endMs)}`,
        `${traffic.told.answers.size} accepted, ${watch.open} open, last ${last === undefined ? 'fault: none' : wordsOf(last)}`,
      );
      if (at() < next || at() > endMs - LAST_FAULT_BEFORE_END_MS) continue;
      next += FAULT_EVERY_MS;
      // What takes longer than 20 s delays the one behind it: one process at a time.
      injuring = injuring.then(async () => {
        const fault = { ...drawn.next().value, atSeconds: Math.round(at() / 1000) };
        faults.push(fault);
        say.note(`${clock(at())} ${wordsOf(fault)}`);
        const found = await commit(fault, fleet);
        if (found !== null) wrong.push(found);
      });
      // It is awaited at the end.
      injuring.catch(() => undefined);
    }
    await injuring;
  } finally {
    // Nobody stays frozen, and nobody is started once the others end.
    await injuring.catch(() => undefined);
    await sampling.end();
  }
  return { faults, wrong };
}

/** What is in topics and schedule, once that is nothing; what stays is judged by whoever gets it. */
async function leftIn(stores: Stores): Promise<Evidence['left']> {
  const end = performance.now() + SETTLE_MS;
  for (;;) {
    const [lag, scheduleRows] = [await stores.lag(), await stores.scheduleRows()];
    if ((lag === 0 && scheduleRows === 0) || performance.now() > end) return { lag, scheduleRows };
    await delay(500);
  }
}

/** What each process holds that has nothing to do: the least of so many samples, a second apart. */
async function idle(fleet: Fleet, count = 1): Promise<Moment> {
  const of = async (member: Member): Promise<[string, Sample]> => {
    const samples: Sample[] = [];
    while (samples.length < count) {
      if (samples.length > 0) await delay(1000);
      samples.push(await fleet.sample(member));
    }
    return [member.name, leastOf(samples)];
  };
  return new Map(await Promise.all(fleet.ours.map(of)));
}

/** The same, once nothing is left over; what is left over for good is judged by whoever gets it. */
async function idleAgain(fleet: Fleet, before: Moment): Promise<Moment> {
  const end = performance.now() + IDLE_MS;
  for (;;) {
    const now = await idle(fleet);
    const isGone = fleet.ours.every(
      ({ name, kind }) => leftOver(heldBefore(kind, fleet.ours, before), now.get(name) as Sample).length === 0,
    );
    if (isGone || performance.now() > end) return now;
    await delay(1000);
  }
}

async function endAll(fleet: Fleet): Promise<string[]> {
  const ends = fleet.ours.map(async (member) => {
    member.isWell = false;
    member.program.signal('SIGTERM');
    const how = await member.program.exited;
    return how === 0 ? [] : [`${member.name} was asked to stop at the end, and ended with ${how}`];
  });
  return [...fleet.deaths, ...(await Promise.all(ends)).flat()];
}

/** Does something again and again with a pause between, until it is ended; what it rejects with comes again. */
function repeatedly(everyMs: number, work: () => Promise<unknown>): { end(): Promise<void> } {
  let going = true;
  const loop = (async () => {
    while (going) {
      await work().catch(() => undefined);
      if (going) await delay(everyMs);
    }
  })();
  return {
    end: async () => {
      going = false;
      await loop;
    },
  };
}

function wordsOf({ victim, kind, forMs }: Fault): string {
  return kind === 'freeze' ? `freeze ${victim} for ${(forMs / 1000).toFixed(1)} s` : `${kind} ${victim}`;
}

function clock(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
