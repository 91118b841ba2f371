import { hashOf, plain } from './hash.ts';
import type { SandboxInput } from './inputs.ts';
import { SANDBOX_QUOTATIONS } from './quotations.ts';
import type { SandboxService } from './sandbox.ts';

/** Categories for which the sandbox plays more than the faults that all providers share. */
export const QUOTE_INPUTS: readonly SandboxInput[] = [
  { input: 'Unheard', plays: 'no such category, as for every other that it does not know', ends: 'category_not_found' },
  { input: 'Partial', plays: 'a quotation without its words', ends: 'provider_invalid_response' },
];

/** QuoteSlate, with the JSON of the real one. */
export const sandboxQuoteSlate: SandboxService = {
  // A question without a category is told apart by how many it wants.
  subject: ({ searchParams }) => searchParams.get('tags') ?? `any ${searchParams.get('count')}`,
  answer: ({ searchParams }) => {
    const tag = plain(searchParams.get('tags') ?? '');
    const count = Number(searchParams.get('count') ?? '1');
    if (tag === 'partial') return Response.json(count === 1 ? { author: 'Nobody' } : [{ author: 'Nobody' }]);
    // The flaky one is in no category, so that its good answer has something to give.
    const inTag = (tags: readonly string[]): boolean => tag === '' || tag === 'flaky' || tags.includes(tag);
    const fitting = SANDBOX_QUOTATIONS.flatMap((quotation, index) =>
      inTag(quotation.tags) ? [{ id: index + 1, ...quotation, length: quotation.quote.length }] : [],
    );
    if (fitting.length === 0) return Response.json({ error: `Invalid tag(s): ${tag}` }, { status: 400 });
    const first = hashOf(`${tag} ${count}`, fitting.length);
    const drawn = [...fitting.slice(first), ...fitting.slice(0, first)].slice(0, count);
    return Response.json(count === 1 ? drawn[0] : drawn);
  },
};
