import type { JobHandler } from '../handler.ts';
import { randomQuotations } from '../providers/quote-slate.ts';

/** Quotations drawn at random. Fails with category_not_found, and with the provider_ codes (providers/http.ts). */
export const quote: JobHandler<'quote'> = async ({ category, limit = 1 }, { providers, policy, signal }) => {
  const { value: quotes, provider } = await randomQuotations(providers.quote, category, limit, { policy, signal });
  return { quotes, provider };
};
