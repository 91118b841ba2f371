import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { StartError } from '@dtq/core/errors.ts';
import { readEnvironment } from '@dtq/infra/environment.ts';
import { probe } from '@dtq/infra/probe.ts';
import { readSettings, type Settings } from '@dtq/infra/settings.ts';
import { PLATFORM_SERVERS } from '@dtq/infra/stack.ts';
import { status } from '@dtq/infra/status.ts';

const INFRA = path.resolve(import.meta.dirname, '../../infra/main.ts');

export interface Servers {
  /** How they came to be up, in a few words. */
  readonly words: string;
  /** Takes down what was brought up, and nothing else. */
  release(): Promise<void>;
}

/**
 * Sees to it that Kafka, RabbitMQ, Redis and MongoDB answer: those that run are taken as they are, the others are brought up by
 * infra's own `up`, which shows its progress. Rejects where they cannot be had.
 */
export async function haveServers(signal: AbortSignal): Promise<Servers> {
  const settings = readSettings();
  if (await allAnswer(settings)) return { words: `they ran already (${settings.dir})`, release: async () => undefined };
  const isNew = settings.record === undefined;
  const running = isNew ? [] : (await status(settings)).filter(({ state }) => state !== 'stopped');
  const release = (): Promise<void> =>
    takeDown(
      settings,
      isNew,
      running.map(({ server }) => server),
    );
  try {
    await infra(['up'], signal);
  } catch (error) {
    // Why it did not come up is what people must hear, whatever becomes of the rest of it.
    await release().catch(() => undefined);
    throw error;
  }
  const left = running.length === 0 ? 'all of them' : `all but ${running.map(({ server }) => server).join(', ')}`;
  return { words: `brought up here, ${left} (${settings.dir})`, release };
}

async function allAnswer(settings: Settings): Promise<boolean> {
  const environment = readEnvironment(settings.dir);
  if (environment === undefined) return false;
  const answers = await Promise.allSettled(PLATFORM_SERVERS.map((server) => probe(server, environment, 5000)));
  return answers.every((answer) => answer.status === 'fulfilled');
}

async function takeDown(before: Settings, isNew: boolean, running: readonly string[]): Promise<void> {
  // A stack that was not there before leaves nothing; one that was there keeps its data.
  if (running.length === 0) return await infra(isNew ? ['down', '--volumes'] : ['down']);
  const now = await status({ ...before, record: readSettings().record });
  // What builds on another stands behind it in the list, and is stopped before it.
  for (const { server, state } of now.toReversed())
    if (state !== 'stopped' && !running.includes(server)) await infra(['stop', server]);
}

/** A command of infra's, with its progress shown; rejects where it fails. */
async function infra(args: readonly string[], signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  // A group of its own: a Ctrl-C is passed on once, and not to a `down`.
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', INFRA, ...args], {
    stdio: ['ignore', 'inherit', 'inherit'],
    detached: true,
  });
  const stop = (): void => void child.kill('SIGINT');
  signal?.addEventListener('abort', stop, { once: true });
  const [code] = (await once(child, 'exit')) as [number | null];
  signal?.removeEventListener('abort', stop);
  signal?.throwIfAborted();
  if (code !== 0) throw new StartError(`infra ${args.join(' ')} ended with ${code}; what it says stands above`);
}
