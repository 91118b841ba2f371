import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { rolldown } from 'rolldown';
import { root } from './root.ts';

export interface Bundled {
  /** Bytes of each file. */
  readonly sizes: ReadonlyMap<string, number>;
  /** The licences of what other people wrote and the bundle holds. */
  readonly notices: string;
}

/** Another team's package: it is theirs to install. Everything else of ours is in the bundle. */
const PEERS = ['kafkajs', 'rabbitmq-client'];

/**
 * Writes the SDK as JavaScript into a folder: a file for each entry, and what several share beside them. What the validators
 * and the client need of other packages is in it, so that the SDK needs none.
 */
export async function writeBundle(entries: Readonly<Record<string, string>>, folder: string): Promise<Bundled> {
  const input = Object.fromEntries(
    Object.entries(entries).map(([name, file]) => [name, path.join(root, 'generated', file)]),
  );
  const build = await rolldown({
    input,
    cwd: root,
    platform: 'neutral',
    resolve: { mainFields: ['module', 'main'], conditionNames: ['import', 'default'] },
    external: [/^node:/, ...PEERS],
    // The validators read tables of each other when they are loaded, and nothing of ours does more than that.
    treeshake: { moduleSideEffects: false, propertyReadSideEffects: false },
    onLog: (level, log) => {
      if (level === 'warn') throw new Error(log.message);
    },
  });
  try {
    const { output } = await build.write({
      dir: folder,
      format: 'esm',
      entryFileNames: '[name].js',
      chunkFileNames: 'parts/[name].js',
      minify: false,
    });
    const chunks = output.filter((file) => file.type === 'chunk');
    const packages = new Set(
      chunks.flatMap(({ moduleIds }) =>
        moduleIds.flatMap((id) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(id)?.[1] ?? []),
      ),
    );
    return {
      sizes: new Map(chunks.map(({ fileName, code }) => [fileName, Buffer.byteLength(code)])),
      notices: [...packages].sort().map(noticeOf).join('\n'),
    };
  } finally {
    await build.close();
  }
}

function noticeOf(name: string): string {
  const folder = path.join(root, 'node_modules', name);
  const { version, license } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')) as Record<
    string,
    string
  >;
  const file = ['LICENSE', 'LICENSE.md', 'license'].map((one) => path.join(folder, one)).find((one) => existsSync(one));
  if (file === undefined) throw new Error(`${name} is bundled, and has no licence to go with it`);
  return `${name} ${version} (${license})\n\n${readFileSync(file, 'utf8').trim()}\n`;
}
