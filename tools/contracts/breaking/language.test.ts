import fc, { type Arbitrary } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { root } from '../sources.ts';
import { type Language, languageWithin } from './language.ts';
import { readContracts } from './read.ts';
import { parsePattern } from './regex.ts';

const SEED = 20260214;
/** For a machine that does much else. */
const TIMEOUT = 90_000;
const LETTERS = ['a', 'b', '0', 'é'];
const LONGEST = 4;

/** Every string of a few letters, up to a length. */
const STRINGS: readonly string[] = Array.from({ length: LONGEST }).reduce<string[]>(
  (all) => [...new Set([...all, ...all.flatMap((text) => LETTERS.map((letter) => text + letter))])],
  [''],
);

const { pattern: patterns } = fc.letrec<{ pattern: string; part: string }>((tie) => ({
  part: fc.oneof(
    { maxDepth: 2 },
    fc.constantFrom('a', 'b', '[ab]', '[^a]', '\\d', '\\w', '.', '\\p{L}', '[\\dé-]', '\\u0061', '[a-z0-9]'),
    fc
      .tuple(tie('part'), fc.constantFrom('*', '+', '?', '{2}', '{1,3}', '{0,1}', '{2,}', '*?'))
      .map(([part, times]) => `(?:${part})${times}`),
    fc.tuple(tie('part'), tie('part')).map((parts) => parts.join('')),
    fc.tuple(tie('part'), tie('part')).map((parts) => `(?:${parts.join('|')})`),
  ),
  pattern: fc
    .array(fc.tuple(fc.constantFrom('^', ''), tie('part'), fc.constantFrom('$', '')), { minLength: 1, maxLength: 2 })
    .map((branches) => branches.map((branch) => branch.join('')).join('|')),
}));

const languages: Arbitrary<Language> = fc.record({
  patterns: fc.array(patterns, { maxLength: 2 }),
  min: fc.integer({ min: 0, max: 2 }),
  max: fc.constantFrom(2, 3, Number.POSITIVE_INFINITY),
});

function isOf(text: string, { patterns: all, min, max }: Language): boolean {
  const { length } = [...text];
  return length >= min && length <= max && all.every((pattern) => new RegExp(pattern, 'u').test(text));
}

describe('what patterns match', () => {
  it(
    'one language within another: no string of a few letters says otherwise, and each witness is one',
    () => {
      let decided = 0;
      fc.assert(
        fc.property(languages, languages, (one, other) => {
          const inclusion = languageWithin(one, other);
          if (inclusion === undefined) return;
          decided += 1;
          const odd = STRINGS.filter((text) => isOf(text, one) && !isOf(text, other));
          if (inclusion.within) expect(odd).toEqual([]);
          else
            for (const text of inclusion.witnesses)
              expect([text, isOf(text, one), isOf(text, other)]).toEqual([text, true, false]);
        }),
        { numRuns: 600, seed: SEED },
      );
      expect(decided).toBeGreaterThan(550);
    },
    TIMEOUT,
  );

  it.each([
    ['the same in other words', '^[A-Za-z]{2}$', '^[a-zA-Z][A-Za-z]$', true],
    ['a class with Unicode properties', '^[^\\p{C}\\s][^\\p{C}]*$', '^[^\\p{C}]*$', true],
    ['the reverse', '^[^\\p{C}]*$', '^[^\\p{C}\\s][^\\p{C}]*$', false],
    ['a long count', '^[A-Za-z0-9._-]{1,249}:[0-9]{1,10}:[0-9]{1,20}$', '^[A-Za-z0-9._:-]{5,281}$', true],
    ['one letter less', '^[A-Za-z0-9._-]{1,249}:[0-9]{1,10}:[0-9]{1,20}$', '^[A-Za-z0-9._:-]{5,280}$', false],
  ])('%s', (_, one, other, within) => {
    const free = { min: 0, max: Number.POSITIVE_INFINITY };
    expect(languageWithin({ patterns: [one], ...free }, { patterns: [other], ...free })?.within).toBe(within);
  });

  it.each(['^(?=a)a$', '(a)\\1', 'a(?:^b)', '\\bword\\b'])('%s is none that it decides', (pattern) => {
    expect(parsePattern(pattern)).toBeUndefined();
  });

  it('every pattern of the contracts is one that it decides', () => {
    const found = new Set(JSON.stringify(readContracts(root, root).types).match(/"pattern":"(?:[^"\\]|\\.)*"/g));
    expect(found.size).toBeGreaterThan(10);
    for (const text of found) {
      const pattern = String((JSON.parse(`{${text}}`) as { pattern: string }).pattern);
      const language = { patterns: [pattern], min: 0, max: Number.POSITIVE_INFINITY };
      expect([
        pattern,
        languageWithin(language, { ...language, patterns: [`(?:${pattern})`] })?.within ??
          languageWithin(language, { ...language, patterns: [] })?.within,
      ]).toEqual([pattern, true]);
    }
  });
});
