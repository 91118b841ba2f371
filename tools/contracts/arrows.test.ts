import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { productSources, type SourceFile } from './sources.ts';

// architecture.md: specs -> generated -> core -> backend-* -> main.ts. `api` and `worker` import core and generated; only a
// main.ts names a backend or the wiring; web imports only generated.

const WORKSPACES: Readonly<Record<string, string>> = {
  '@dtq/api': 'services/api',
  '@dtq/backend-conformance': 'services/backend-conformance',
  '@dtq/backend-distributed': 'services/backend-distributed',
  '@dtq/backend-embedded': 'services/backend-embedded',
  '@dtq/core': 'services/core',
  '@dtq/generated': 'generated',
  '@dtq/infra': 'infra',
  '@dtq/worker': 'services/worker',
};

const ROOMS: readonly { room: string; may: readonly string[]; mainMay?: readonly string[] }[] = [
  { room: 'generated', may: [] },
  { room: 'services/core', may: ['generated'] },
  { room: 'services/backend-embedded', may: ['generated', 'services/core'] },
  { room: 'services/backend-distributed', may: ['generated', 'services/core'] },
  { room: 'services/backend-conformance', may: ['generated', 'services/core'] },
  { room: 'services/api', may: ['generated', 'services/core'], mainMay: ['services/backend-distributed'] },
  { room: 'services/worker', may: ['generated', 'services/core'], mainMay: ['services/backend-distributed'] },
  {
    room: 'services/standalone',
    may: ['generated', 'services/core', 'services/api', 'services/worker'],
    mainMay: ['services/backend-embedded'],
  },
  { room: 'web', may: ['generated'] },
  { room: 'infra', may: ['generated'] },
];

/** Packages that only one room may know, so that what they do stays behind its port. */
const KEPT: Readonly<Record<string, readonly string[]>> = {
  'node:sqlite': ['services/backend-embedded'],
  kafkajs: ['services/backend-distributed', 'infra'],
  'rabbitmq-client': ['services/backend-distributed', 'infra'],
  redis: ['services/backend-distributed', 'infra'],
  mongodb: ['services/backend-distributed', 'infra'],
  hono: ['services/api'],
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
    const workspace = Object.keys(WORKSPACES).find((name) => specifier === name || specifier.startsWith(`${name}/`));
    if (workspace === undefined) return [];
    return [{ specifier, file: `${WORKSPACES[workspace]}${specifier.slice(workspace.length)}` }];
  });
}
