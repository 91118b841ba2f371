import type { Field } from '@dtq/generated/jobs/form.ts';
import type { ExchangeRateCompletedJobResult } from '@dtq/generated/schemas/types.ts';
import { type OutputText, outputFacts, valueText } from './output-facts.ts';

/** The converted amount first, in its currency, and what it was converted from. */
export function exchangeRateText({ output }: ExchangeRateCompletedJobResult, fields: readonly Field[]): OutputText {
  const { converted_amount, target_currency, amount, base_currency, ...rest } = output;
  return {
    headline: valueText(converted_amount, target_currency),
    caption: `for ${valueText(amount, base_currency)}`,
    facts: outputFacts(fields, rest),
  };
}
