import { chmodSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { InfraError } from '../errors.ts';
import { withLock } from '../lock.ts';
import type { Progress } from '../progress.ts';
import { run, tryRun } from '../run.ts';
import { findTool } from './tools.ts';

const POLICY = '/usr/sbin/policy-rc.d';
const MARK = '# Written by dtq infra:up while it installs packages: no package may start a system service.';

/** True where packages can be installed without asking anybody: root on Debian, Ubuntu or one of their kin. */
export function canInstall(): boolean {
  return process.getuid?.() === 0 && findTool('apt-get') !== undefined && existsSync('/etc/debian_version');
}

/**
 * The packages that are missing, as the one line that a user who cannot install them by `up` needs.
 */
export function missingPackages(packages: readonly string[]): InfraError {
  const names = packages.join(' ');
  return new InfraError(
    findTool('apt-get') === undefined
      ? `missing: ${names} (the names are Debian's): install them with this system's package manager, or use a Docker engine (DTQ_INFRA=compose)`
      : `missing: ${names}. Have them by: sudo apt-get install -y --no-install-recommends ${names}`,
  );
}

/** The version of a package that the distribution offers, such as `2:1.24~2`, or undefined; its lists must be there. */
export async function offeredVersion(name: string): Promise<string | undefined> {
  const said = await tryRun('apt-cache', ['policy', name], { timeoutMs: 20_000, env: { LC_ALL: 'C' } });
  const version = /Candidate: (\S+)/.exec(said.stdout)?.[1];
  return version === '(none)' ? undefined : version;
}

/** The first of these packages that the distribution offers, or undefined; the lists must be fresh. */
export async function firstOffered(packages: readonly string[]): Promise<string | undefined> {
  for (const name of packages) {
    if ((await offeredVersion(name)) !== undefined) return name;
  }
  return undefined;
}

/** Fetches the package lists, once. */
export async function updateLists(progress: Progress, dir: string): Promise<void> {
  progress.note('apt-get update');
  await run('apt-get', ['update', '-q'], { logFile: join(dir, 'logs', 'apt.log'), env: { LC_ALL: 'C' } });
}

/**
 * Installs packages and says so before. No service is started: a policy-rc.d that forbids it stands while apt runs, and
 * what stood there before is put back.
 *
 * @throws InfraError with apt's last words
 */
export async function installPackages(packages: readonly string[], progress: Progress, dir: string): Promise<void> {
  const args = ['install', '-y', '-q', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=600', ...packages];
  const waiting = (pid: number): void => progress.note(`waiting for process ${pid}, which installs packages`);
  // One for the machine, whatever the stack: two that take turns with policy-rc.d would restore each other's.
  await withLock('/run/lock/dtq-infra-apt.lock', waiting, async () => {
    progress.note(`apt-get ${args.join(' ')}`);
    const restore = forbidServices();
    process.once('exit', restore);
    try {
      await run('apt-get', args, {
        logFile: join(dir, 'logs', 'apt.log'),
        env: { DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' },
      });
    } finally {
      process.removeListener('exit', restore);
      restore();
    }
  });
}

/**
 * Puts in place a policy that forbids every package to start a service; the answer puts back what was there. Mends what
 * a run that was killed left behind.
 *
 * @param path only a test has another one
 */
export function forbidServices(path: string = POLICY): () => void {
  const saved = `${path}.dtq-saved`;
  if (existsSync(saved)) renameSync(saved, path);
  if (existsSync(path)) {
    if (readFileSync(path, 'utf8').includes(MARK)) rmSync(path);
    else renameSync(path, saved);
  }
  writeFileSync(path, `#!/bin/sh\n${MARK}\nexit 101\n`);
  chmodSync(path, 0o755);
  return () => {
    rmSync(path, { force: true });
    if (existsSync(saved)) renameSync(saved, path);
  };
}
