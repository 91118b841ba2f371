import type { JobHandler } from '../handler.ts';
import { convert, rateBetween } from '../money.ts';
import { euroRates } from '../providers/frankfurter.ts';

/** A rate and an amount converted with it. Fails with currency_not_supported, and with the provider_ codes (providers/http.ts). */
export const exchangeRate: JobHandler<'exchange_rate'> = async (
  { base_currency, target_currency, amount = 1 },
  { providers, policy, signal },
) => {
  const base = base_currency.toUpperCase();
  const target = target_currency.toUpperCase();
  // One currency into itself is asked for too: whether it is one, and of which day its rate is, the provider knows.
  const { value: rates, provider } = await euroRates(providers.exchangeRate, base, target, { policy, signal });
  return {
    converted_amount: convert(amount, rates, target),
    target_currency: target,
    amount,
    base_currency: base,
    rate: rateBetween(rates),
    rate_date: rates.date,
    provider,
  };
};
