import { describe, expect, it } from 'vitest';
import { draftOf, searchOfDraft } from './draft-search.ts';

describe('a draft in the address', () => {
  it('is read as it was written', () => {
    const draft = { jobType: 'quote', payload: { category: 'a&b=c ü', limit: 2 } } as const;
    expect(draftOf(searchOfDraft(draft))).toEqual(draft);
    expect(draftOf(searchOfDraft({ jobType: 'weather' }))).toEqual({ jobType: 'weather', payload: undefined });
  });

  it.each(['', '?type=gone', '?type=weather&payload={', '?payload=[1]', '?payload=null'])(
    'opens plain on %j',
    (search) => {
      expect(draftOf(search)).toEqual({ jobType: 'weather', payload: undefined });
    },
  );
});
