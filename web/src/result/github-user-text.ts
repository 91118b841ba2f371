import type { Field } from '@dtq/generated/jobs/form.ts';
import type { GithubUserCompletedJobResult } from '@dtq/generated/schemas/types.ts';
import { type OutputText, outputFacts } from './output-facts.ts';

/** The name first, or the login where there is none, and what the user says of themselves. */
export function githubUserText({ output }: GithubUserCompletedJobResult, fields: readonly Field[]): OutputText {
  const { name, bio, created_at, avatar_url: _, ...rest } = output;
  return {
    headline: name ?? output.login,
    caption: bio ?? null,
    // The day is enough, and the picture's address tells nobody anything.
    facts: outputFacts(fields, { ...rest, created_at: created_at.slice(0, 10) }),
  };
}
