import { defineConfig } from 'vitest/config';

// Apart from `npm test`, for these need the generator's packages: `npm run codegen:test`.
export default defineConfig({
  test: { include: ['tools/codegen/test/**/*.test.ts'], testTimeout: 120_000, hookTimeout: 120_000 },
});
