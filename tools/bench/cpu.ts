import { readFileSync } from 'node:fs';

/** What /proc counts in: a hundredth of a second, on every Linux that Node runs on. */
const MS_A_TICK = 10;

/**
 * The time that a process has had on a core so far, in milliseconds; undefined where nobody says. What others do on the
 * machine changes every rate, and this hardly.
 */
export function cpuMs(pid: number | undefined): number | undefined {
  if (pid === undefined) return undefined;
  try {
    const [, , ...fields] = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/\(.*\)/, 'x')
      .split(' ');
    return (Number(fields[11]) + Number(fields[12])) * MS_A_TICK;
  } catch {
    return undefined;
  }
}

/** The name of the measure of one process. */
export function cpuMeasure(who: string): string {
  return `${who}: CPU, µs each`;
}

/** Does work that gives a number of things done, and tells the CPU time for each by the name of the process. */
export async function withCpu<T>(
  processes: Readonly<Record<string, number | undefined>>,
  work: () => Promise<{ readonly value: T; readonly done: number }>,
): Promise<{ readonly value: T; readonly cpu: Readonly<Record<string, number>> }> {
  const before = Object.entries(processes).map(([who, pid]) => [who, pid, cpuMs(pid)] as const);
  const { value, done } = await work();
  const cpu = before.flatMap(([who, pid, began]) => {
    const ended = cpuMs(pid);
    return began === undefined || ended === undefined ? [] : [[cpuMeasure(who), ((ended - began) * 1000) / done]];
  });
  return { value, cpu: Object.fromEntries(cpu) };
}

/** The memory of a process that is in use, in MiB; undefined where nobody says. */
export function memoryMiB(pid: number | undefined): number | undefined {
  try {
    const [, kib] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return kib === undefined ? undefined : Number(kib) / 1024;
  } catch {
    return undefined;
  }
}
