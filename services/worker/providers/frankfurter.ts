import { JobFailure } from '@dtq/core/errors.ts';
import { fetchJson, type JsonAnswer } from './http.ts';
import type { JsonField } from './json-field.ts';
import type { Asking, ProviderFetch } from './provider.ts';

/** Frankfurter, which serves the reference rates of the European Central Bank, as handlers get it. */
export interface Frankfurter {
  /** https://frankfurter.dev/v1 */
  readonly url: string;
  readonly fetch: ProviderFetch;
}

/** What one euro is in two currencies, as the bank published it. */
export interface EuroRates {
  readonly base: number;
  readonly target: number;
  /** The working day of the rates, such as 2024-11-25. */
  readonly date: string;
}

const EURO = 'EUR';
const ONE_EURO = 1;

/**
 * The rates of two currencies, each three capital letters. They are always asked for against the euro, as the bank
 * publishes them: what Frankfurter works out between two others is rounded, to two digits where the base is a small unit
 * such as the won. Rejects with currency_not_supported where the bank has no rate for one, and as fetchJson does.
 */
export async function euroRates(
  { url: address, fetch }: Frankfurter,
  base: string,
  target: string,
  asking: Asking,
): Promise<JsonAnswer<EuroRates>> {
  // The euro is no question of its own against the euro; the dollar stands in, so that there is a date.
  const asked = new Set([base, target].filter((currency) => currency !== EURO));
  const url = new URL(address);
  url.searchParams.set('base', EURO);
  url.searchParams.set('symbols', asked.size === 0 ? 'USD' : [...asked].join(','));

  const read = (answer: JsonField): EuroRates => {
    const rates = answer.field('rates');
    // Of two currencies Frankfurter leaves the one out that it does not know.
    const rateOf = (currency: string): number => {
      if (currency === EURO) return ONE_EURO;
      const rate = rates.field(currency);
      if (!rate.present) throw notSupported(currency);
      return rate.number({ minimum: 0.000001, maximum: 1_000_000_000 });
    };
    return {
      base: rateOf(base),
      target: rateOf(target),
      date: answer.field('date').matching(/^\d{4}-\d{2}-\d{2}$/, 'a date'),
    };
  };
  // Where it knows none of them it answers 404; so does a server that is no Frankfurter.
  const refusal = (status: number, answer: JsonField): JobFailure | undefined =>
    status === 404 && answer.field('message').text() === 'not found' ? notSupported(...asked) : undefined;
  return await fetchJson({ ...asking, url, fetch, who: 'the exchange rate service', read, refusal });
}

function notSupported(...currencies: string[]): JobFailure {
  return new JobFailure('currency_not_supported', `there is no reference rate for ${currencies.join(' or ')}`);
}
