import type { Field } from '@dtq/generated/jobs/form.ts';
import type { CompletedJobResult } from '@dtq/generated/schemas/types.ts';
import { Facts } from './facts.tsx';
import { outputFacts } from './output-facts.ts';

/** The result of a type that has no view of its own. */
export function ResultView(props: { result: CompletedJobResult; fields: readonly Field[] }) {
  return <Facts facts={outputFacts(props.fields, props.result.output)} />;
}
