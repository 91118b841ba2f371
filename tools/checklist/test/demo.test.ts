import { readdirSync } from 'node:fs';
import { freshFolder } from '@dtq/testkit/folder.ts';
import { describe, expect, it } from 'vitest';
import { play } from '../demo/play.ts';
import { type Command, runCommand, type Scene, type Story } from '../demo/scene.ts';
import { SCENES } from '../demo/scenes.ts';
import { knownLimitations } from '../limitations.ts';
import { hasBrowser, Pages } from '../page.ts';
import { runTool } from './run-tool.ts';

describe('npm run demo', () => {
  it('plays every scene without anybody at the keyboard, over one file', { timeout: 300_000 }, async () => {
    const folder = freshFolder();
    const { code, output } = await runTool('demo', ['--embedded', '--out', folder]);
    expect(code, output).toBe(0);
    for (const [index, { title }] of SCENES.entries())
      expect(output).toContain(`── ${index + 1}/${SCENES.length}  ${title}`);
    expect(output).toContain('60 of 60 completed');
    for (const one of knownLimitations()) expect(output).toContain(one);
    expect(output).toContain('everything was as it is told');
    const left = readdirSync(folder);
    expect(left).toContain('dtq.log');
    expect(left).not.toContain('data');
    expect(left.filter((name) => name.endsWith('.png')).length).toBe(
      hasBrowser() ? SCENES.filter(({ page }) => page !== undefined).length : 0,
    );
  });
});

describe('a scene', () => {
  const story = { stage: { url: 'http://127.0.0.1:1' }, said: new Map<string, string>() } as unknown as Story;
  const scene = (...commands: Command[]): Scene => ({
    title: 'A scene',
    text: ['What is to be seen.'],
    commands: commands.map((command) => () => command),
  });

  const played = async (one: Scene): Promise<{ faults: string[]; lines: string[] }> => {
    const lines: string[] = [];
    const theatre = {
      say: (line: string) => void lines.push(line),
      pause: async () => undefined,
      pages: new Pages(''),
    };
    return { faults: await play(one, '1/1', story, theatre), lines };
  };

  it('shows each command and what it said', async () => {
    const { faults, lines } = await played(scene({ words: 'echo "$DTQ_URL"', shows: /127/, keepAs: 'url' }));
    expect(faults).toEqual([]);
    expect(lines).toEqual(expect.arrayContaining(['$ echo "$DTQ_URL"', '  http://127.0.0.1:1']));
    expect(story.said.get('url')).toBe('http://127.0.0.1:1');
  });

  it('tells where a command does not come to what the scene says, and goes on', async () => {
    const { faults, lines } = await played(
      scene({ words: 'exit 3', shows: /^$/ }, { words: 'echo no', shows: /yes/ }, { words: 'echo on', shows: /on/ }),
    );
    expect(faults).toEqual(['exit 3: it ended with 3 and not with 0', 'echo no: it should have shown /yes/']);
    expect(lines).toContain('  on');
  });

  it('tells where what is done beside the commands fails', async () => {
    const after = async (): Promise<void> => {
      throw new Error('1 job did not complete');
    };
    expect((await played({ ...scene(), after })).faults).toEqual(['1 job did not complete']);
  });

  it('ends a command that was told to fail with its code', async () => {
    const { fault } = await runCommand({ words: 'echo gone; exit 1', code: 1, shows: /gone/ }, '', () => undefined);
    expect(fault).toBeUndefined();
  });
});
