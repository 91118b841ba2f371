import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { down } from '@dtq/infra/down.ts';
import { readEnvironment, type StackEnvironment } from '@dtq/infra/environment.ts';
import { Progress } from '@dtq/infra/progress.ts';
import { readSettings, type Settings } from '@dtq/infra/settings.ts';
import { up } from '@dtq/infra/up.ts';

/** A stack that a test file may break: its own servers, in a folder and on ports of its own. */
export interface OwnStack {
  readonly settings: () => Settings;
  readonly environment: () => StackEnvironment;
  readonly start: () => Promise<void>;
  readonly remove: () => Promise<void>;
}

const silent = (): Progress => new Progress({ write: () => undefined });

export function ownStack(portOffset: number): OwnStack {
  const dir = path.join(tmpdir(), `dtq-breaking-${process.pid}`);
  const settings = (): Settings =>
    readSettings({ DTQ_INFRA_DIR: dir, DTQ_INFRA: 'native', DTQ_INFRA_PORT_OFFSET: String(portOffset) });
  return {
    settings,
    environment: () => {
      const found = readEnvironment(dir);
      if (found === undefined) throw new Error('the stack is not up');
      return found;
    },
    start: () => up(settings(), {}, silent()),
    remove: async () => {
      await down(settings(), true, silent());
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
