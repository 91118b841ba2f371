import type { Field } from '@dtq/generated/jobs/form.ts';
import type { CompletedJobResultByJobType, JobType } from '@dtq/generated/schemas/types.ts';
import type { Component } from 'solid-js';

export interface ResultProps<T extends JobType> {
  readonly result: CompletedJobResultByJobType[T];
  readonly fields: readonly Field[];
}

type Loader<T extends JobType> = () => Promise<{ readonly ResultView: Component<ResultProps<T>> }>;

/** Types whose result deserves more than a list of its fields. A type without an entry is shown all the same. */
const LOADERS: { readonly [T in JobType]?: Loader<T> } = {
  exchange_rate: () => import('./exchange-rate-result.tsx'),
  github_user: () => import('./github-user-result.tsx'),
  quote: () => import('./quote-result.tsx'),
  weather: () => import('./weather-result.tsx'),
};

/** Loads what shows the results of a type, when it is needed. */
export async function loadResultView<T extends JobType>(type: T): Promise<Component<ResultProps<T>>> {
  const load: Loader<T> = LOADERS[type] ?? (() => import('./plain-result.tsx'));
  return (await load()).ResultView;
}
