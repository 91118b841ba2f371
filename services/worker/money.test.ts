import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { convert, rateBetween } from './money.ts';

const EURO = 1;

describe('an amount in another currency', () => {
  it.each([
    {
      amount: 250,
      base: EURO,
      target: 1.0495,
      currency: 'USD',
      gives: 262.38,
      why: '262.375 is half way, and goes up',
    },
    { amount: 1.1, base: EURO, target: 1.1, currency: 'USD', gives: 1.21, why: 'floats say 1.2100000000000002' },
    { amount: 1.005, base: EURO, target: 1, currency: 'USD', gives: 1.01, why: 'floats say 1.00' },
    {
      amount: 100,
      base: 1.0495,
      target: EURO,
      currency: 'EUR',
      gives: 95.28,
      why: 'divided, not multiplied by an inverse',
    },
    { amount: 1, base: 0.83465, target: 161.62, currency: 'JPY', gives: 194, why: 'the yen has no smaller unit' },
    {
      amount: 1_000_000,
      base: 1692.4,
      target: EURO,
      currency: 'EUR',
      gives: 590.88,
      why: 'a rate of two digits says 590',
    },
    { amount: 2.5, base: EURO, target: 1, currency: 'KWD', gives: 2.5, why: 'three decimals' },
    { amount: 0.01, base: 19_625, target: EURO, currency: 'EUR', gives: 0, why: 'less than half a cent' },
    {
      amount: 1_000_000_000,
      base: 0.83465,
      target: 19_625,
      currency: 'IDR',
      gives: 23_512_849_697_477.98,
      why: 'large',
    },
    { amount: 12.34, base: 1.175, target: 1.175, currency: 'USD', gives: 12.34, why: 'the same currency' },
    {
      amount: 1,
      base: 0.000001,
      target: 1e-7,
      currency: 'USD',
      gives: 0.1,
      why: 'numbers that are written with an exponent',
    },
  ])('$amount at $target to $base is $gives $currency: $why', ({ amount, base, target, currency, gives }) => {
    expect(convert(amount, { base, target }, currency)).toBe(gives);
  });

  const cents = fc.integer({ min: 1, max: 100_000_000_000 }).map((units) => units / 100);
  const rate = fc.integer({ min: 1, max: 100_000_000 }).map((units) => units / 10_000);

  it('is within half a cent of what floats say, and has no more decimals than the currency', () => {
    fc.assert(
      fc.property(cents, rate, rate, (amount, base, target) => {
        const converted = convert(amount, { base, target }, 'USD');
        const rough = (amount * target) / base;
        expect(Math.abs(converted - rough)).toBeLessThanOrEqual(0.005 + rough * 1e-12);
        expect(String(converted)).toMatch(/^\d+(?:\.\d{1,2})?$|e\+/);
      }),
    );
  });

  it('is itself in the same currency', () => {
    fc.assert(
      fc.property(cents, rate, (amount, base) => {
        expect(convert(amount, { base, target: base }, 'USD')).toBe(amount);
      }),
    );
  });
});

describe('the rate', () => {
  it.each([
    { base: EURO, target: 1.0495, gives: 1.0495, why: 'as it was published' },
    { base: 1.0495, target: EURO, gives: 0.9528346832, why: 'ten digits' },
    { base: 0.83465, target: 161.62, gives: 193.6380519, why: 'by way of the euro' },
    { base: 1.175, target: 1.175, gives: 1, why: 'the same currency' },
  ])('of $target to $base is $gives, $why', ({ base, target, gives }) => {
    expect(rateBetween({ base, target })).toBe(gives);
  });
});
