import { readdirSync, readFileSync } from 'node:fs';

/** One process of the machine, as `/proc` shows it. */
export interface ProcessEntry {
  readonly pid: number;
  readonly parent: number;
  readonly session: number;
  /** One letter: R running, S sleeping, T stopped, Z dead but not yet collected, … */
  readonly state: string;
  /** Clock ticks from the machine's start to the process's; with the boot's id it tells a process from a later one that
   * got the same pid. A program that replaces itself by `exec` keeps it. */
  readonly startTicks: number;
}

/** The process with this pid, or undefined where there is none (a collected or a dead one counts as none). */
export function readProcess(pid: number): ProcessEntry | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return undefined;
  }
  // The name stands in parentheses and may hold blanks and parentheses: the fields start after the last one.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state = '', parent = '', , session = ''] = fields;
  if (state === 'Z' || state === 'X') return undefined;
  return { pid, parent: Number(parent), session: Number(session), state, startTicks: Number(fields[19]) };
}

/** All living processes. */
export function readProcesses(): ProcessEntry[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => readProcess(Number(name)) ?? []);
}

/**
 * A server's whole family: the process, all its descendants, and everything in its session. Both are needed: PostgreSQL
 * gives each child a session of its own, and a child of Erlang's VM outlives its parent in the session.
 *
 * @returns pids, the leader first where it lives
 */
export function familyOf(leader: number, processes: readonly ProcessEntry[] = readProcesses()): number[] {
  const family = new Set<number>();
  if (processes.some((entry) => entry.pid === leader)) family.add(leader);
  for (const entry of processes) if (entry.session === leader) family.add(entry.pid);
  for (let grown = true; grown; ) {
    grown = false;
    for (const entry of processes) {
      if (!family.has(entry.pid) && family.has(entry.parent)) {
        family.add(entry.pid);
        grown = true;
      }
    }
  }
  return [...family];
}

/** Bytes of memory that a family takes, shared pages counted once (PSS) where the kernel tells, else RSS. */
export function memoryOf(pids: readonly number[]): number {
  return pids.reduce(
    (sum, pid) => sum + (kilobytes(pid, 'smaps_rollup', 'Pss') ?? kilobytes(pid, 'status', 'VmRSS') ?? 0) * 1024,
    0,
  );
}

/** A name for this start of the machine: pids and ticks of an earlier one mean nothing. */
export function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return 'unknown';
  }
}

function kilobytes(pid: number, file: string, field: string): number | undefined {
  try {
    const match = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(readFileSync(`/proc/${pid}/${file}`, 'utf8'));
    return match?.[1] === undefined ? undefined : Number(match[1]);
  } catch {
    return undefined;
  }
}
