import { expect, test } from 'vitest';
import { clusterId } from '../native/kafka.ts';

test('the id of a new cluster never looks like an option of the tool that takes it', () => {
  const draws = [Buffer.alloc(16, 0xfb), Buffer.alloc(16, 0xf8), Buffer.alloc(16, 0x2a)];
  expect(clusterId(() => draws.shift() ?? Buffer.alloc(16))).toBe(Buffer.alloc(16, 0x2a).toString('base64url'));
  expect(draws).toEqual([]);
  expect(Buffer.from(clusterId(), 'base64url')).toHaveLength(16);
});
