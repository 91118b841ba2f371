import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';

const LINES = 1001;

/** Runs code in a process of its own, with a log for machines, and gives the words of its lines. */
async function wordsOf(code: string): Promise<string[]> {
  const file = new URL('log.ts', import.meta.url).href;
  const whole = `import { createLogger } from '${file}';
    const log = createLogger({ level: 'info', format: 'json' });
    const say = (count) => { for (let line = 1; line <= count; line += 1) log.info({ line, pad: 'x'.repeat(200) }, 'said'); };
    ${code}`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', whole], { stdio: ['ignore', 'ignore', 'pipe'] });
  const [said] = await Promise.all([text(child.stderr), once(child, 'exit')]);
  return said.split('\n').flatMap((line) => (line.startsWith('{') ? (JSON.parse(line).msg as string) : []));
}

describe('of a process that ends, every line is written, in its order', () => {
  it.each([
    ['by itself', `say(${LINES}); log.info('last');`],
    ['by an exit', `say(${LINES}); log.info('last'); process.exit(1);`],
    ['by an exit amid a write', `say(${LINES}); setTimeout(() => { log.info('last'); process.exit(1); }, 25);`],
    ['by an error', `say(${LINES}); log.info('last'); throw new Error('made by this test');`],
    ['and speaks while it exits', `say(${LINES}); process.on('exit', () => log.info('last'));`],
  ])('%s', async (_name, code) => {
    const words = await wordsOf(code);
    expect(words).toHaveLength(LINES + 1);
    expect(words.at(-1)).toBe('last');
  });
});
