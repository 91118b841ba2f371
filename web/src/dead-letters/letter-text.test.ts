import { describe, expect, it } from 'vitest';
import { bytesOf, letterText, payloadOfLetter } from './letter-text.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

describe('letterText', () => {
  it('lays JSON out', () => {
    expect(letterText(bytes('{"a":1}'))).toEqual({ kind: 'json', text: '{\n  "a": 1\n}', isCut: false });
  });

  it('shows UTF-8 that is no JSON as it is', () => {
    expect(letterText(bytes('Grüße,\n{'))).toEqual({ kind: 'text', text: 'Grüße,\n{', isCut: false });
  });

  it('shows other bytes in hex, with what is printable beside it', () => {
    expect(letterText(bytesOf('AP9BYg=='))).toEqual({
      kind: 'hex',
      text: `000000  00 ff 41 62${' '.repeat(36)}  ··Ab`,
      isCut: false,
    });
    expect(letterText(bytes('a\u0001b')).kind).toBe('hex');
  });

  it('says where it cuts', () => {
    expect(letterText(bytes('x'.repeat(100_001)))).toMatchObject({ isCut: true, kind: 'text' });
    const { text, isCut } = letterText(new Uint8Array(5000).fill(255));
    expect([text.split('\n').length, isCut]).toEqual([256, true]);
  });
});

describe('payloadOfLetter', () => {
  it('finds the payload of a job that breaks its schema', () => {
    expect(payloadOfLetter(bytes('{"payload":{"city":7}}'))).toEqual({ city: 7 });
  });

  it.each(['', '{', '[]', 'null', '{"payload":[1]}', '{"payload":null}'])('finds none in %j', (text) => {
    expect(payloadOfLetter(bytes(text))).toBeNull();
  });
});
