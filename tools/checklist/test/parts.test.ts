import { existsSync, writeFileSync } from 'node:fs';
import net, { createServer } from 'node:net';
import path from 'node:path';
import { freshFolder } from '@dtq/testkit/folder.ts';
import { eventually } from '@dtq/testkit/wait.ts';
import { describe, expect, it, onTestFinished } from 'vitest';
import { runFolder } from '../folder.ts';
import { startGate } from '../gate.ts';
import { knownLimitations } from '../limitations.ts';
import { Programs } from '../programs.ts';

describe('the known limitations', () => {
  it('are the list of the runbook, each in one line and without marks', () => {
    const known = knownLimitations();
    expect(known.length).toBeGreaterThan(10);
    for (const one of known) expect(one).toMatch(/^[A-Z].+\.$/);
    const text = '# R\n\n## Known limitations\n\nWords.\n\n- **One** is\n  long.\n- Two.\n\n## Other\n\n- Three.\n';
    expect(knownLimitations(text)).toEqual(['One is long.', 'Two.']);
  });

  it('are missed where the section or its list is gone', () => {
    expect(() => knownLimitations('# R\n\n- One.\n')).toThrow('has no section "## Known limitations"');
    expect(() => knownLimitations('## Known limitations\n\nNone.\n\n## Other\n\n- One.\n')).toThrow('lists nothing');
  });
});

describe('a gate', () => {
  it('carries nothing while it is shut, and loses nothing', async () => {
    const echo = createServer((socket) => socket.pipe(socket));
    await new Promise<void>((resolve) => echo.listen(0, '127.0.0.1', resolve));
    const gate = await startGate('127.0.0.1', (echo.address() as net.AddressInfo).port);
    onTestFinished(() => {
      gate.close();
      echo.close();
    });
    const socket = net.connect(gate.port, '127.0.0.1');
    let heard = '';
    socket.on('data', (bytes) => {
      heard += bytes.toString();
    });
    socket.write('a');
    await eventually('it comes back', () => heard === 'a');
    gate.shut();
    socket.write('b');
    const other = net.connect(gate.port, '127.0.0.1');
    let otherHeard = '';
    other.on('data', (bytes) => {
      otherHeard += bytes.toString();
    });
    other.write('c');
    await eventually('both have been sent', () => socket.bytesWritten === 2 && other.bytesWritten === 1);
    expect([heard, otherHeard]).toEqual(['a', '']);
    gate.open();
    await eventually('nothing is lost', () => heard === 'ab' && otherHeard === 'c');
    other.destroy();
    socket.destroy();
  });
});

describe('the programs of a run', () => {
  it('log into files; one that ends before it said what is waited for says why, and none starts after the end', async () => {
    const programs = new Programs(freshFolder());
    const worker = programs.start('worker', 'services/worker/main.ts', { WORKER_JOB_TYPES: 'nonsense' });
    await expect(worker.said('it takes jobs', () => false, 30_000)).rejects.toThrow(
      /worker ended with 1: .*WORKER_JOB_TYPES/,
    );
    expect(existsSync(worker.logFile)).toBe(true);
    await programs.endAll();
    expect(() => programs.start('api', 'services/api/main.ts', {})).toThrow('the run is over');
  });
});

describe('the folder of a run', () => {
  it('is free of an earlier run, and keeps what is not of one', () => {
    const folder = freshFolder();
    for (const name of ['report.md', 'page.png', 'api.log', 'notes.txt']) writeFileSync(path.join(folder, name), '');
    expect(runFolder(folder, 'week1')).toBe(folder);
    const left = ['report.md', 'page.png', 'api.log', 'notes.txt'].filter((name) =>
      existsSync(path.join(folder, name)),
    );
    expect(left).toEqual(['notes.txt']);
  });
});
