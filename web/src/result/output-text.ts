import type { Field } from '@dtq/generated/jobs/form.ts';
import type { CompletedJobResultByJobType, JobType } from '@dtq/generated/schemas/types.ts';
import { exchangeRateText } from './exchange-rate-text.ts';
import { githubUserText } from './github-user-text.ts';
import { type OutputText, outputFacts } from './output-facts.ts';
import { quoteText } from './quote-text.ts';
import { weatherText } from './weather-text.ts';

type Writer<T extends JobType> = (result: CompletedJobResultByJobType[T], fields: readonly Field[]) => OutputText;

/** Types whose result deserves more than a list of its fields. A type without an entry is shown all the same. */
const WRITERS: { readonly [T in JobType]?: Writer<T> } = {
  exchange_rate: exchangeRateText,
  github_user: githubUserText,
  quote: quoteText,
  weather: weatherText,
};

/** A completed job's output as people read it. */
export function outputText<T extends JobType>(
  type: T,
  result: CompletedJobResultByJobType[T],
  fields: readonly Field[],
): OutputText {
  const write: Writer<T> | undefined = WRITERS[type];
  return write?.(result, fields) ?? { headline: null, caption: null, facts: outputFacts(fields, result.output) };
}
