import { JobFailure } from '@dtq/core/errors.ts';
import { fetchJson, type JsonAnswer } from './http.ts';
import { type JsonField, WrongShape } from './json-field.ts';
import type { Asking, ProviderFetch } from './provider.ts';

/** QuoteSlate, as handlers get it. */
export interface QuoteSlate {
  /** https://github.com/Musheer360/QuoteSlate#api-reference */
  readonly url: string;
  readonly fetch: ProviderFetch;
}

export interface Quotation {
  readonly text: string;
  readonly author: string;
  readonly tags?: string[];
}

const WHO = 'the quotation service';

/**
 * Quotations drawn at random, each of them once; fewer than asked for where a category has no more. Rejects with
 * category_not_found where it has none, and as fetchJson does.
 */
export async function randomQuotations(
  { url: address, fetch }: QuoteSlate,
  category: string | undefined,
  limit: number,
  asking: Asking,
): Promise<JsonAnswer<Quotation[]>> {
  const url = new URL(address);
  url.searchParams.set('count', String(limit));
  if (category !== undefined) url.searchParams.set('tags', category);

  // One quotation comes alone, several in an array.
  const read = (answer: JsonField): Quotation[] => {
    const items = limit === 1 ? [answer] : answer.items();
    if (items.length === 0) throw noneIn(category) ?? new WrongShape('there is no quotation in it');
    return items.slice(0, limit).map(quotation);
  };
  // An unknown tag is 400, a tag that no quotation has is 404; either status may mean other things too.
  const refusal = (_status: number, answer: JsonField): JobFailure | undefined =>
    /^(?:Invalid tag|No quotes found)/.test(answer.field('error').text()) ? noneIn(category) : undefined;
  return await fetchJson({ ...asking, url, fetch, who: WHO, read, refusal });
}

// The bounds are those of the output in specs/jobs/quote.yaml, so that a fault is the provider's and not ours.
function quotation(item: JsonField): Quotation {
  const tags = item.field('tags');
  return {
    text: item.field('quote').matching(/\S/, 'a text that says something', 2000),
    author: item.field('author').textIfAny(200) ?? 'Unknown',
    ...(tags.present
      ? {
          tags: tags
            .items()
            .slice(0, 20)
            .flatMap((tag) => tag.textIfAny(40) ?? []),
        }
      : {}),
  };
}

function noneIn(category: string | undefined): JobFailure | undefined {
  if (category === undefined) return undefined;
  return new JobFailure('category_not_found', `no quotation has the category "${category}"`);
}
