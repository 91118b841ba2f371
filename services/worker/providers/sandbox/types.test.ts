import { readFileSync } from 'node:fs';
import { JobFailure } from '@dtq/core/errors.ts';
import { JOB_PAGES, type Payload } from '@dtq/generated/jobs/index.ts';
import type { JobType } from '@dtq/generated/schemas/types.ts';
import * as strict from '@dtq/generated/validators/strict.ts';
import { describe, expect, it, test } from 'vitest';
import { exchangeRate } from '../../handlers/exchange-rate.ts';
import { githubUser } from '../../handlers/github-user.ts';
import { quote } from '../../handlers/quote.ts';
import type { ProviderFetch } from '../provider.ts';
import { type Providers, sandboxProviders } from '../providers.ts';
import { runHandler } from '../testing/run-handler.ts';
import { textOf } from '../testing/text-of.ts';
import { CURRENCY_CODES, EXCHANGE_RATE_INPUTS } from './frankfurter.ts';
import { GITHUB_INPUTS } from './github.ts';
import { COMMON_INPUTS, type SandboxInput } from './inputs.ts';
import { SANDBOX_QUOTATIONS } from './quotations.ts';
import { QUOTE_INPUTS } from './quote-slate.ts';

// The types but weather, whose sandbox has a test of its own (sandbox.test.ts).

const TYPES = {
  quote: {
    run: (input: string) => quoteOf({ category: input }),
    inputs: [...COMMON_INPUTS, ...QUOTE_INPUTS],
    own: QUOTE_INPUTS,
  },
  exchange_rate: {
    run: (input: string) => rateOf({ base_currency: 'EUR', target_currency: input }),
    inputs: [
      ...CURRENCY_CODES.flatMap(({ input, word }) =>
        COMMON_INPUTS.filter((common) => common.input === word).map((common) => ({ ...common, input })),
      ),
      ...EXCHANGE_RATE_INPUTS,
    ],
    own: EXCHANGE_RATE_INPUTS,
  },
  github_user: {
    run: (input: string) => userOf(input),
    inputs: [...COMMON_INPUTS, ...GITHUB_INPUTS],
    own: GITHUB_INPUTS,
  },
} satisfies Partial<
  Record<
    JobType,
    { run: (input: string) => Promise<unknown>; inputs: readonly SandboxInput[]; own: readonly SandboxInput[] }
  >
>;

const QUICK = { providerTimeoutMs: 100 };

function quoteOf(payload: Payload<'quote'>) {
  return runHandler('quote', quote, payload, sandboxProviders(), QUICK);
}

function rateOf(payload: Payload<'exchange_rate'>) {
  return runHandler('exchange_rate', exchangeRate, payload, sandboxProviders(), QUICK);
}

function userOf(username: string) {
  return runHandler('github_user', githubUser, { username }, sandboxProviders(), QUICK);
}

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8').replace(/ +/g, ' ');

for (const [type, { run, inputs, own }] of Object.entries(TYPES)) {
  describe(type, () => {
    it.each(inputs)('$input plays $plays: $ends', async ({ input, ends }) => {
      const end = await run(input).then(
        () => 'completed',
        (error: unknown) => (error instanceof JobFailure ? error.code : error),
      );
      expect(end).toBe(ends);
    });

    it('plays every word that all providers share', () => {
      expect(inputs.slice(0, COMMON_INPUTS.length).map(({ plays }) => plays)).toEqual(
        COMMON_INPUTS.map(({ plays }) => plays),
      );
    });

    it.each(own)('$input stands in the README', ({ input, plays, ends }) => {
      expect(readme).toContain(`| \`${input}\` | ${plays} | \`${ends}\` |`);
    });

    it('completes every example of the contract, with an output that the contract takes', async () => {
      const jobType = type as keyof typeof TYPES;
      for (const { payload } of (await JOB_PAGES[jobType]()).examples) {
        const output = await (jobType === 'quote'
          ? quoteOf(payload as Payload<'quote'>)
          : jobType === 'exchange_rate'
            ? rateOf(payload as Payload<'exchange_rate'>)
            : userOf((payload as Payload<'github_user'>).username));
        expect(output).toMatchObject({ provider: 'sandbox' });
        expect(strict.Output[jobType](output), JSON.stringify(strict.Output[jobType].errors)).toBe(true);
      }
    });
  });
}

test('the codes of currencies stand in the README', () => {
  for (const { input, word } of CURRENCY_CODES) expect(readme).toContain(`| \`${word}\` | \`${input}\` |`);
});

describe('quotations', () => {
  it('are about what was asked for, each of them once', async () => {
    const { quotes } = await quoteOf({ category: 'Wisdom', limit: 5 });
    expect(new Set(quotes.map(({ text }) => text)).size).toBe(5);
    for (const { tags } of quotes) expect(tags).toContain('wisdom');
  });

  it('are as many as there are, where more were asked for', async () => {
    expect((await quoteOf({ category: 'gratitude', limit: 10 })).quotes).toHaveLength(1);
    expect((await quoteOf({ limit: 10 })).quotes).toHaveLength(10);
  });

  it('are the same each time', async () => {
    expect(await quoteOf({ limit: 3 })).toEqual(await quoteOf({ limit: 3 }));
  });

  it('have texts, authors and tags that the contract takes', () => {
    const quotes = SANDBOX_QUOTATIONS.map(({ quote: text, author, tags }) => ({ text, author, tags: [...tags] }));
    for (const one of quotes) expect(strict.Output.quote({ quotes: [one] })).toBe(true);
    for (const { tags } of quotes) for (const category of tags) expect(strict.Payload.quote({ category })).toBe(true);
  });
});

describe('exchange rates', () => {
  it('there and back again loses a cent at most', async () => {
    const there = await rateOf({ base_currency: 'CHF', target_currency: 'SEK', amount: 1000 });
    const back = await rateOf({ base_currency: 'SEK', target_currency: 'CHF', amount: there.converted_amount });
    expect(back.converted_amount).toBeCloseTo(1000, 1);
    expect(there).toMatchObject({ rate_date: '2026-01-02', converted_amount: 11618.53 });
  });

  it('a fault on either side is played', async () => {
    await expect(rateOf({ base_currency: 'xtd', target_currency: 'EUR' })).rejects.toMatchObject({
      code: 'provider_unavailable',
    });
  });
});

describe('users', () => {
  it('that everybody knows have their profile, in any case', async () => {
    expect(await userOf('OCTOCAT')).toMatchObject({ login: 'octocat', name: 'The Octocat', public_repos: 8 });
    expect(await userOf('grace-hopper')).toMatchObject({ login: 'Grace-Hopper', company: 'United States Navy' });
  });

  it('that nobody knows differ, are the same each time, and some of them leave things out', async () => {
    const logins = Array.from({ length: 100 }, (_, index) => `user-${index}`);
    const users = await Promise.all(logins.map(userOf));
    expect(await Promise.all(logins.map(userOf))).toEqual(users);
    expect(new Set(users.map(({ followers, created_at }) => `${followers} ${created_at}`)).size).toBeGreaterThan(90);
    expect(users.filter(({ bio }) => bio === undefined).length).toBeGreaterThan(5);
    for (const user of users) expect(strict.Output.github_user(user)).toBe(true);
  });
});

describe('the answers have the shape of the recorded ones', () => {
  const recorded = (name: string): unknown =>
    JSON.parse(readFileSync(new URL(`../fixtures/${name}.json`, import.meta.url), 'utf8'));
  const get = async (fetch: ProviderFetch, url: string): Promise<unknown> => {
    const signal = new AbortController().signal;
    const { response } = await fetch({ url: new URL(url), headers: {}, signal, timeoutMs: 1000, number: 1 });
    return JSON.parse(await textOf(response));
  };
  const { quote: quoteSlate, exchangeRate: frankfurter, githubUser: github }: Providers = sandboxProviders();

  it.each([
    { fixture: 'quoteslate-one', ask: () => get(quoteSlate.fetch, `${quoteSlate.url}?count=1`) },
    { fixture: 'quoteslate-several', ask: () => get(quoteSlate.fetch, `${quoteSlate.url}?count=2`) },
    { fixture: 'quoteslate-invalid-tag', ask: () => get(quoteSlate.fetch, `${quoteSlate.url}?count=1&tags=x`) },
    { fixture: 'frankfurter-chf-gbp', ask: () => get(frankfurter.fetch, `${frankfurter.url}?symbols=CHF,GBP`) },
    { fixture: 'frankfurter-not-found', ask: () => get(frankfurter.fetch, `${frankfurter.url}?symbols=XXX`) },
    { fixture: 'github-octocat', ask: () => get(github.fetch, `${github.url}/users/octocat`) },
    { fixture: 'github-not-found', ask: () => get(github.fetch, `${github.url}/users/nobody`) },
  ])('$fixture', async ({ fixture, ask }) => {
    expect(shapeOf(await ask())).toEqual(shapeOf(recorded(fixture)));
  });
});

// What GitHub links to beside the profile, which no handler reads.
const LINKS =
  /^(?:node_id|gravatar_id|user_view_type)$|(?:followers|following|gists|starred|subscriptions|organizations|repos|events)_url$/;

/** The fields of a value with their kinds, and the first item of an array for all of them. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 0 ? [] : [shapeOf(value[0])];
  if (typeof value !== 'object' || value === null)
    return value === null ? 'text' : typeof value === 'string' ? 'text' : typeof value;
  const fields = Object.entries(value).filter(([name]) => !LINKS.test(name));
  return Object.fromEntries(fields.map(([name, item]) => [name, shapeOf(item)]));
}
