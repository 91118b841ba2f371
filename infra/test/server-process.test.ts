import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { until } from '../deadline.ts';
import { bootId, readProcess } from '../native/process-table.ts';
import {
  clearLeftovers,
  lastLines,
  launch,
  logPath,
  pidOf,
  pidsOf,
  signalAll,
  terminate,
} from '../native/server-process.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'dtq-infra-process-'));
});
afterEach(async () => {
  await terminate(dir, 'redis', 'SIGKILL', 1000);
  rmSync(dir, { recursive: true, force: true });
});

/** A shell with a child in its session: the smallest server with a family. */
const family = { command: '/bin/sh', args: ['-c', 'sleep 300 & echo started; wait'] };

// The process table is read from /proc: the native road is for Linux.
describe.skipIf(process.platform !== 'linux')('a server process', () => {
  test('is found by its pid, with its children, and its output is in its log', async () => {
    const pid = await launch(dir, 'redis', family);
    expect(pidOf(dir, 'redis')).toBe(pid);
    expect(await until(() => pidsOf(dir, 'redis').length === 2, 2000)).toBe(true);
    expect(await until(() => lastLines(logPath(dir, 'redis'), 5).join() === 'started', 2000)).toBe(true);
  });

  test('is frozen and thawed with its children', async () => {
    await launch(dir, 'redis', family);
    await until(() => pidsOf(dir, 'redis').length === 2, 2000);
    const pids = pidsOf(dir, 'redis');
    const states = (): string => pids.map((pid) => readProcess(pid)?.state).join('');
    signalAll(pids, 'SIGSTOP');
    expect(await until(() => states() === 'TT', 2000)).toBe(true);
    signalAll(pids, 'SIGCONT');
    expect(await until(() => states() === 'SS', 2000)).toBe(true);
  });

  test('ends in order with its children, also when it is frozen, and only once', async () => {
    await launch(dir, 'redis', family);
    await until(() => pidsOf(dir, 'redis').length === 2, 2000);
    const pids = pidsOf(dir, 'redis');
    signalAll(pids, 'SIGSTOP');
    expect(await terminate(dir, 'redis', 'SIGTERM', 5000)).toBe('stopped');
    expect(pids.filter((pid) => readProcess(pid) !== undefined)).toEqual([]);
    expect(await terminate(dir, 'redis', 'SIGTERM', 5000)).toBe('absent');
  });

  test('is killed when it does not end in time', async () => {
    await launch(dir, 'redis', {
      command: '/bin/sh',
      args: ['-c', 'trap "" TERM; echo deaf; while :; do sleep 0.1; done'],
    });
    await until(() => lastLines(logPath(dir, 'redis'), 1).length > 0, 2000);
    expect(await terminate(dir, 'redis', 'SIGTERM', 300)).toBe('killed');
    expect(pidOf(dir, 'redis')).toBeUndefined();
  });

  test('that crashed leaves nobody behind in its session', async () => {
    const pid = await launch(dir, 'redis', family);
    await until(() => pidsOf(dir, 'redis').length === 2, 2000);
    const child = pidsOf(dir, 'redis').find((member) => member !== pid) ?? 0;
    process.kill(pid, 'SIGKILL');
    await until(() => pidOf(dir, 'redis') === undefined, 2000);
    expect(readProcess(child)).toBeDefined();
    await clearLeftovers(dir, 'redis');
    expect(readProcess(child)).toBeUndefined();
  });

  test('a stale file never leads to another program that got the same pid', async () => {
    const other = spawn('sleep', ['300'], { detached: true, stdio: 'ignore' });
    await once(other, 'spawn');
    const pid = other.pid ?? 0;
    mkdirSync(join(dir, 'run'), { recursive: true });
    const started = readProcess(pid)?.startTicks ?? 0;
    const stale = [
      { pid, startTicks: started - 1, bootId: bootId() },
      { pid, startTicks: started, bootId: 'an earlier boot' },
    ];
    try {
      for (const file of stale) {
        writeFileSync(join(dir, 'run', 'redis.json'), JSON.stringify(file));
        expect(pidOf(dir, 'redis')).toBeUndefined();
        expect(await terminate(dir, 'redis', 'SIGKILL', 1000)).toBe('absent');
        expect(readProcess(pid)).toBeDefined();
      }
    } finally {
      other.kill('SIGKILL');
    }
  });

  test('says so when its program does not exist', async () => {
    await expect(launch(dir, 'redis', { command: '/nowhere/redis-server', args: [] })).rejects.toThrow(
      'redis cannot be started: spawn /nowhere/redis-server ENOENT',
    );
  });

  test('does not get the settings of whoever starts it', async () => {
    process.env['DTQ_TEST_PRIVATE'] = 'x';
    await launch(dir, 'redis', { command: '/usr/bin/env', args: [] });
    delete process.env['DTQ_TEST_PRIVATE'];
    await until(() => pidOf(dir, 'redis') === undefined, 2000);
    expect(readFileSync(logPath(dir, 'redis'), 'utf8')).not.toContain('DTQ_TEST_PRIVATE');
  });
});
