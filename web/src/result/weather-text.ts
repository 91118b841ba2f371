import type { Field } from '@dtq/generated/jobs/form.ts';
import type { WeatherCompletedJobResult } from '@dtq/generated/schemas/types.ts';
import { type OutputText, outputFacts, valueText } from './output-facts.ts';

const DEGREES = { metric: '°C', imperial: '°F' } as const;

/** The temperature first, in the units that were asked for: the document itself does not repeat them. */
export function weatherText(result: WeatherCompletedJobResult, fields: readonly Field[]): OutputText {
  return {
    headline: valueText(result.output.temperature, DEGREES[result.input.units]),
    caption: result.output.condition,
    facts: outputFacts(fields, result.output, ['temperature', 'condition']),
  };
}
