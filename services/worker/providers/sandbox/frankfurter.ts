import type { SandboxInput } from './inputs.ts';
import type { SandboxService } from './sandbox.ts';

// Made up, near what the European Central Bank published at the beginning of 2026.
const RATES: Readonly<Record<string, number>> = {
  AUD: 1.7582,
  BRL: 6.4364,
  CAD: 1.6088,
  CHF: 0.9314,
  CNY: 8.2262,
  CZK: 24.237,
  DKK: 7.4689,
  GBP: 0.8726,
  HKD: 9.1465,
  HUF: 385.2,
  IDR: 19625,
  ILS: 3.747,
  INR: 105.6,
  ISK: 147.6,
  JPY: 184.09,
  KRW: 1692.4,
  MXN: 21.118,
  MYR: 4.7677,
  NOK: 11.843,
  NZD: 2.0381,
  PHP: 69.128,
  PLN: 4.221,
  RON: 5.0968,
  SEK: 10.8215,
  SGD: 1.5105,
  THB: 36.985,
  TRY: 50.484,
  USD: 1.175,
  ZAR: 19.444,
};

const DATE = '2026-01-02';

// A currency has three letters, so the words that all providers share stand behind codes. ISO 4217 keeps XTS for tests; the
// others of the row are not given out. One of them on either side plays the fault.
const CODES: Readonly<Record<string, string>> = {
  XTF: 'Flaky',
  XTD: 'Down',
  XTS: 'Slow',
  XTB: 'Busy',
  XTR: 'Rejected',
  XTG: 'Garbled',
};

/** Currencies that stand for the words that all providers share. */
export const CURRENCY_CODES = Object.entries(CODES).map(([input, word]) => ({ input, word }));

/** Currencies for which the sandbox plays more than the faults that all providers share. */
export const EXCHANGE_RATE_INPUTS: readonly SandboxInput[] = [
  {
    input: 'XXX',
    plays: 'no rate for that currency, as for every other that it does not know',
    ends: 'currency_not_supported',
  },
  { input: 'XTP', plays: 'rates without their date', ends: 'provider_invalid_response' },
];

/** Frankfurter's latest rates against the euro, with the JSON of the real one. */
export const sandboxFrankfurter: SandboxService = {
  subject: (url) => {
    const fault = symbolsOf(url).find((symbol) => CODES[symbol] !== undefined);
    return CODES[fault ?? ''] ?? symbolsOf(url).join(' ');
  },
  answer: (url) => {
    const symbols = symbolsOf(url);
    // What was flaky has a rate in the end, and so has the other one beside it.
    const known = symbols.flatMap((symbol) => {
      const rate = RATES[symbol] ?? (symbol === 'XTF' || symbol === 'XTP' ? 2 : undefined);
      return rate === undefined ? [] : [[symbol, rate] as const];
    });
    if (known.length === 0) return Response.json({ message: 'not found' }, { status: 404 });
    const rates = Object.fromEntries(known);
    return Response.json({ amount: 1, base: 'EUR', ...(symbols.includes('XTP') ? {} : { date: DATE }), rates });
  },
};

function symbolsOf({ searchParams }: URL): string[] {
  return (searchParams.get('symbols') ?? '').split(',');
}
