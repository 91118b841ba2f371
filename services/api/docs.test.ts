import { JOB_ERRORS, PROBLEMS } from '@dtq/generated/errors.ts';
import { MILESTONES, STATES, TRANSITIONS } from '@dtq/generated/lifecycle.ts';
import { describe, expect, it } from 'vitest';
import { docsRoutes } from './docs.ts';
import { type Lifecycle, lifecycleSection, stateMachine } from './docs-lifecycle.ts';
import { escaped } from './docs-text.ts';

const page = async (): Promise<string> => await (await docsRoutes().request('/docs')).text();

describe('GET /docs', () => {
  it('has every problem where its type leads, and every error of a job with what to do', async () => {
    const html = await page();
    for (const code of Object.keys(PROBLEMS)) expect(html).toContain(`id="problem-${code}"`);
    for (const [code, { retryable }] of Object.entries(JOB_ERRORS)) {
      const row = html.split('\n').find((line) => line.includes(`id="job-error-${code}"`));
      expect(row).toContain(`<td>${retryable ? 'yes' : 'no'}</td>`);
    }
  });

  it('draws every state and every transition of the contract, and says each in words', async () => {
    const html = await page();
    const drawing = html.slice(html.indexOf('<svg class="dtq-states"'), html.indexOf('</svg>'));
    expect(states(drawing)).toEqual(Object.keys(STATES));
    expect(transitions(drawing)).toEqual(TRANSITIONS.map(({ from, to }) => `${from} ${to}`));
    for (const [index, { from, to, when }] of TRANSITIONS.entries()) {
      expect(drawing).toContain(`<title>${escaped(`${index + 1}: ${from} to ${to}, when ${when}`)}</title>`);
      expect(html).toContain(
        `<tr><td>${index + 1}</td><td><code>${from}</code></td><td><code>${to}</code></td><td>${escaped(when)}</td></tr>`,
      );
    }
    for (const { message, progress_percent } of Object.values(MILESTONES))
      expect(html).toContain(`<td>${progress_percent} %</td><td>${escaped(message)}</td>`);
  });

  it('tells the drawing to who cannot see it, and takes its colour from the text around it', () => {
    const drawing = stateMachine();
    expect(drawing).toMatch(/^<svg [^>]*role="img" aria-labelledby="dtq-states-title dtq-states-desc"/);
    expect(drawing).toMatch(/<title id="dtq-states-title">.+<\/title>/);
    const told = /<desc id="dtq-states-desc">(.+)<\/desc>/.exec(drawing)?.[1];
    for (const { from, to, when } of TRANSITIONS)
      expect(told).toContain(escaped(`from ${from} to ${to} when ${when}.`));
    for (const [, colour] of drawing.matchAll(/(?:fill|stroke)="([^"]*)"/g))
      expect(['none', 'currentColor']).toContain(colour);
  });

  it('holds no script and no style in the page itself', async () => {
    const html = await page();
    expect(html).not.toMatch(/<script(?![^>]*\bsrc=)[^>]*>|<style|\sstyle=|\son[a-z]+=/i);
    const own = [...html.matchAll(/(?:src|href)="(\/docs\/[^"]+)"/g)].map(([, path]) => String(path));
    expect(own.length).toBeGreaterThan(3);
    for (const path of own) expect((await docsRoutes().request(path)).status, path).toBe(200);
  });
});

describe('the drawing of another life cycle', () => {
  const strange: Lifecycle = {
    states: {
      queued: { description: 'Waits.', final: false },
      paused: { description: 'Somebody said <stop> & meant "it".', final: false },
      constructor: { description: 'A name as any other.', final: true },
      a: { description: 'One.', final: false },
      b: { description: 'Another.', final: true },
    },
    transitions: [
      { from: 'queued', to: 'paused', when: 'it is <asked> for' },
      { from: 'paused', to: 'queued', when: 'it goes on' },
      { from: 'paused', to: 'queued', when: 'it goes on by itself' },
      { from: 'paused', to: 'paused', when: 'time passes' },
      { from: 'paused', to: 'paused', when: 'more time passes' },
      { from: 'a', to: 'constructor', when: 'it is done' },
      { from: 'a', to: 'b', when: 'it is done otherwise' },
    ],
    milestones: { halted: { state: 'paused', progress_percent: 10, message: 'halted' } },
  };

  it('has a place for a state that nobody chose one for, and none on top of another', () => {
    const drawing = stateMachine(strange);
    expect(states(drawing)).toEqual(Object.keys(strange.states));
    const boxes = [
      ...drawing.matchAll(
        /<g class="dtq-state"[^>]*>.*\n<rect x="([^"]+)" y="([^"]+)" width="([^"]+)" height="([^"]+)"/g,
      ),
    ].map(([, ...numbers]) => numbers.map(Number) as [number, number, number, number]);
    expect(boxes).toHaveLength(5);
    const [, , , width, height] = (/viewBox="(\S+) (\S+) (\S+) (\S+)"/.exec(drawing) ?? []).map(Number);
    for (const [index, [x, y, w, h]] of boxes.entries()) {
      expect(x).toBeGreaterThanOrEqual(0);
      expect(x + w).toBeLessThanOrEqual(Number(width));
      expect(y + h).toBeLessThanOrEqual(Number(height));
      for (const [x2, y2, w2, h2] of boxes.slice(index + 1))
        expect(x + w < x2 || x2 + w2 < x || y + h < y2 || y2 + h2 < y).toBe(true);
    }
  });

  it('has each of several arrows between two states beside the others', () => {
    const drawing = stateMachine(strange);
    expect(transitions(drawing)).toEqual(strange.transitions.map(({ from, to }) => `${from} ${to}`));
    const paths = [...drawing.matchAll(/<path d="([^"]+)" fill="none"/g)].map(([, path]) => path);
    expect(new Set(paths).size).toBe(strange.transitions.length);
    const badges = [...drawing.matchAll(/<circle cx="([^"]+)" cy="([^"]+)"/g)].map(
      ([, x, y]) => [Number(x), Number(y)] as const,
    );
    for (const [index, [x, y]] of badges.entries())
      for (const [x2, y2] of badges.slice(index + 1)) expect(Math.hypot(x - x2, y - y2)).toBeGreaterThan(22);
    expect(drawing).not.toContain('NaN');
  });

  it('holds any text, and refuses a transition to nowhere', () => {
    const section = lifecycleSection(strange);
    expect(section).not.toContain('<stop>');
    expect(section).not.toContain('<asked>');
    expect(section).toContain('&lt;stop&gt; &amp; meant &quot;it&quot;');
    expect(() => stateMachine({ ...strange, transitions: [{ from: 'a', to: 'c', when: 'x' }] })).toThrow(
      'there is no state "c"; known: queued, paused, constructor, a, b',
    );
  });
});

function states(drawing: string): string[] {
  return [...drawing.matchAll(/data-state="([^"]+)"/g)].map(([, name]) => String(name));
}

function transitions(drawing: string): string[] {
  return [...drawing.matchAll(/data-from="([^"]+)" data-to="([^"]+)"/g)].map(([, from, to]) => `${from} ${to}`);
}
