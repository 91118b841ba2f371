import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { productSources, root, type SourceFile } from './sources.ts';

// architecture.md: specs -> generated -> core -> backend-* -> main.ts. `api` and `worker` import core and generated; only a
// main.ts names a backend or the wiring; web imports only generated.

/** Every package of ours and its folder, as the package files have it. */
const WORKSPACES = new Map(
  globSync('{generated,generated/sdk,web,infra,services/*,tools/*}/package.json', { cwd: root }).map((file) => {
    const { name } = JSON.parse(readFileSync(path.join(root, file), 'utf8')) as { name: string };
    return [name, path.posix.dirname(file)];
  }),
);

const ROOMS: readonly { room: string; may: readonly string[]; mainMay?: readonly string[] }[] = [
  { room: 'generated', may: [] },
  { room: 'services/core', may: ['generated'] },
  { room: 'services/backend-embedded', may: ['generated', 'services/core'] },
  { room: 'services/backend-distributed', may: ['generated', 'services/core'] },
  { room: 'services/backend-conformance', may: ['generated', 'services/core'] },
  { room: 'services/telemetry', may: ['services/core'] },
  {
    room: 'services/api',
    may: ['generated', 'services/core'],
    mainMay: ['services/backend-distributed', 'services/telemetry'],
  },
  {
    room: 'services/worker',
    may: ['generated', 'services/core'],
    mainMay: ['services/backend-distributed', 'services/telemetry'],
  },
  {
    room: 'services/standalone',
    may: ['generated', 'services/core', 'services/api', 'services/worker'],
    mainMay: ['services/backend-embedded', 'services/telemetry'],
  },
  { room: 'web', may: ['generated'] },
  { room: 'infra', may: ['generated'] },
  // It is there before the services are.
  { room: 'tools/mock', may: ['generated', 'services/core'] },
];

/** Packages that only one room may know, so that what they do stays behind its port. */
const KEPT: Readonly<Record<string, readonly string[]>> = {
  'node:sqlite': ['services/backend-embedded'],
  // The SDK's subpaths are for teams that have these clients already, and name their types alone.
  kafkajs: ['services/backend-distributed', 'infra', 'generated/sdk'],
  'rabbitmq-client': ['services/backend-distributed', 'infra', 'generated/sdk'],
  redis: ['services/backend-distributed', 'infra'],
  mongodb: ['services/backend-distributed', 'infra'],
  hono: ['services/api'],
  pino: ['services/core'],
  'prom-client': ['services/core'],
  '@opentelemetry/api': ['services/telemetry'],
  '@opentelemetry/sdk-trace': ['services/telemetry'],
  'openapi-fetch': ['generated'],
};

describe('imports run one way', () => {
  for (const { room, may, mainMay = [] } of ROOMS) {
    it(`${room} imports ${may.length > 0 ? may.join(', ') : 'nothing else of ours'}`, () => {
      const wrong = productSources(room).flatMap((source) => {
        const allowed = [room, ...may, ...(isMain(source) ? mainMay : [])];
        return targets(source)
          .filter(({ file }) => !allowed.some((folder) => file.startsWith(`${folder}/`)) && !isWiring(source, file))
          .map(({ specifier }) => `${source.file} imports ${specifier}`);
      });
      expect(wrong).toEqual([]);
    });
  }

  it('only a main.ts imports the wiring', () => {
    const wrong = productSources('services', 'web', 'infra').flatMap((source) =>
      targets(source)
        .filter(({ file }) => file.startsWith('generated/wiring/') && !isMain(source))
        .map(({ specifier }) => `${source.file} imports ${specifier}`),
    );
    expect(wrong).toEqual([]);
  });

  it('a package that stands behind a port is known to its room alone', () => {
    const wrong = productSources('services', 'web', 'infra', 'generated').flatMap(({ file, imports }) =>
      imports
        .filter((specifier) => {
          const name = specifier.startsWith('@') || specifier.startsWith('node:') ? specifier : specifier.split('/')[0];
          const rooms = KEPT[name ?? ''];
          return rooms !== undefined && !rooms.some((room) => file.startsWith(`${room}/`));
        })
        .map((specifier) => `${file} imports ${specifier}`),
    );
    expect(wrong).toEqual([]);
  });

  it('core does no input or output of its own', () => {
    const wrong = productSources('services/core').flatMap(({ file, imports }) =>
      imports
        .filter((specifier) => /^node:(?:fs|net|http|https|child_process|dgram|sqlite)/.test(specifier))
        .map((specifier) => `${file} imports ${specifier}`),
    );
    expect(wrong).toEqual([]);
  });
});

function isMain({ file }: SourceFile): boolean {
  return path.posix.basename(file) === 'main.ts';
}

/** The one exception: the wiring names routes, handlers and responders, and the types that hold them. */
function isWiring({ file }: SourceFile, target: string): boolean {
  return (
    file.startsWith('generated/wiring/') &&
    /^services\/(?:api\/route(?:s\/|\.ts)|worker\/(?:handler|responder)(?:s\/|\.ts))/.test(target)
  );
}

function targets({ file, imports }: SourceFile): { specifier: string; file: string }[] {
  return imports.flatMap((specifier) => {
    if (specifier.startsWith('.')) return [{ specifier, file: path.posix.join(path.posix.dirname(file), specifier) }];
    const name = /^@dtq\/[^/]+/.exec(specifier)?.[0];
    if (name === undefined) return [];
    const folder = WORKSPACES.get(name);
    if (folder === undefined) throw new Error(`${file} imports ${specifier}, and there is no such package`);
    return [{ specifier, file: `${folder}${specifier.slice(name.length)}` }];
  });
}
