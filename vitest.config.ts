import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{services,web,infra,tools,specs}/**/*.test.ts'],
    exclude: ['**/node_modules/**', 'tools/codegen/**'],
    testTimeout: 20_000,
    hookTimeout: 30_000,
    execArgv: ['--disable-warning=ExperimentalWarning'],
  },
});
