import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { COMPOSE_FILE, projectName } from '../compose/docker.ts';
import { writeRecord } from '../record.ts';
import { DEFAULT_PORTS } from '../stack.ts';

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url));

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'dtq-infra-docker-'));
  mkdirSync(join(dir, 'bin'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** Runs a command against a `docker` that writes down what it was asked, then does what `script` says. */
function runWithDocker(script: string, ...args: string[]): { code: number | null; said: string; asked: string[] } {
  const log = join(dir, 'asked');
  writeFileSync(log, '');
  writeFileSync(join(dir, 'bin', 'docker'), `#!/bin/sh\necho "$*" >> ${log}\n${script}\n`);
  chmodSync(join(dir, 'bin', 'docker'), 0o755);
  const result = spawnSync(process.execPath, [MAIN, ...args], {
    encoding: 'utf8',
    env: { PATH: `${join(dir, 'bin')}:/usr/bin:/bin`, HOME: dir, DTQ_INFRA_DIR: join(dir, 'stack') },
  });
  const asked = readFileSync(log, 'utf8').trim().split('\n');
  return { code: result.status, said: result.stdout + result.stderr, asked };
}

const composeRecord = { road: 'compose', ports: DEFAULT_PORTS, mongodb: 'mongo', withSecantus: false } as const;

describe('the compose road', () => {
  test('is taken where a Docker engine answers, and says what compose said when it fails', () => {
    const script = 'case "$*" in version*) echo 28.0.0;; *" up "*) echo "no space left on device" >&2; exit 1;; esac';
    const { code, said, asked } = runWithDocker(script, 'up');
    expect(said).toContain('compose road');
    expect(said).toContain('infra: docker compose up failed: no space left on device');
    expect(code).toBe(1);
    const stack = join(dir, 'stack');
    expect(asked.at(-1)).toBe(
      `compose -f ${COMPOSE_FILE} --env-file ${stack}/compose.env -p ${projectName(stack)} up -d kafka rabbitmq redis mongodb`,
    );
  });

  test('names what is missing where the engine answers and compose is not there', () => {
    const { code, said } = runWithDocker('case "$*" in version*) echo 28.0.0;; *) exit 1;; esac', 'up');
    expect(said).toContain('infra: missing: docker compose');
    expect(code).toBe(1);
  });

  test('is left by down, with the volumes only when asked', () => {
    writeRecord(join(dir, 'stack'), composeRecord);
    expect(runWithDocker('exit 0', 'down').asked.at(-1)).toMatch(/ down$/);
    const { said, asked } = runWithDocker('exit 0', 'down', '--volumes');
    expect(asked.at(-1)).toMatch(/ down --volumes$/);
    expect(said).toContain('volumes too');
  });

  test('freezes, thaws, stops and kills one server by compose', () => {
    writeRecord(join(dir, 'stack'), composeRecord);
    const last = (...args: string[]): string | undefined => runWithDocker('exit 0', ...args).asked.at(-1);
    expect(last('freeze', 'kafka')).toMatch(/ pause kafka$/);
    expect(last('thaw', 'kafka')).toMatch(/ unpause kafka$/);
    expect(last('stop', 'redis')).toMatch(/ stop redis$/);
    expect(last('kill', 'mongodb')).toMatch(/ kill -s SIGKILL mongodb$/);
    expect(runWithDocker('exit 0', 'kill', 'postgres').said).toContain('the compose stack has no postgres');
  });
});

describe('two folders', () => {
  test('are two projects, so that their containers and volumes are apart', () => {
    expect(projectName('/one/.dtq/infra')).not.toBe(projectName('/two/.dtq/infra'));
    expect(projectName('/one/.dtq/infra')).toMatch(/^dtq-[0-9a-f]{8}$/);
  });
});
