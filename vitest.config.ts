import { defineConfig } from 'vitest/config';

const ours = { extends: true } as const;
// What needs the generator's packages runs by `npm run codegen:test`.
const excluded = ['**/node_modules/**', 'tools/codegen/test/**'];

export default defineConfig({
  test: {
    globalSetup: ['tools/testkit/announce-servers.ts'],
    testTimeout: 20_000,
    hookTimeout: 30_000,
    execArgv: ['--disable-warning=ExperimentalWarning', '--disable-warning=TimeoutNegativeWarning'],
    projects: [
      {
        ...ours,
        test: {
          name: 'tests',
          include: ['{services,web,infra,tools,specs}/**/*.test.ts'],
          exclude: [...excluded, 'tools/chaos/**'],
          sequence: { groupOrder: 0 },
        },
      },
      // These break the servers that all tests share, and so run after the others, one by one.
      {
        ...ours,
        test: {
          name: 'chaos',
          include: ['tools/chaos/**/*.test.ts'],
          testTimeout: 180_000,
          fileParallelism: false,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
