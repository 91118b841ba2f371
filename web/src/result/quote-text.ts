import type { Field } from '@dtq/generated/jobs/form.ts';
import type { QuoteCompletedJobResult } from '@dtq/generated/schemas/types.ts';
import { type OutputText, outputFacts } from './output-facts.ts';

/** Each quotation below its author; the rest behind them. */
export function quoteText({ output }: QuoteCompletedJobResult, fields: readonly Field[]): OutputText {
  const { quotes, ...rest } = output;
  const said = quotes.map(({ text, author }) => ({ label: author, value: `“${text}”` }));
  return { headline: null, caption: null, facts: [...said, ...outputFacts(fields, rest)] };
}
