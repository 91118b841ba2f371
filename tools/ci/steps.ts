/** What must hold beside the README's commands. The servers come first: the README's tests run on them. */
export const STEPS: readonly { readonly name: string; readonly command: string }[] = [
  { name: 'a browser and the checker of alert rules', command: 'node tools/ci/tools.ts' },
  { name: 'the real servers, from nothing', command: 'npm run --silent infra:up -- --with-secantus' },
  { name: 'format and lint', command: 'npm run --silent lint' },
  { name: 'types', command: 'npm run --silent typecheck' },
  { name: 'generated/ is what the specs give', command: 'npm run --silent codegen:check' },
  { name: 'types of the generator', command: 'npm run --silent codegen:types' },
  { name: 'bad specs and new types', command: 'npm run --silent codegen:test' },
  { name: 'the whole OpenAPI document, by another linter', command: 'npm run --silent contracts:lint' },
  { name: 'alerts, each made to fire', command: 'npm run --silent alerts:check' },
  { name: 'no contract breaks what was released', command: 'npm run --silent contracts:breaking' },
  {
    name: 'what the images would hold, put together without a builder',
    command: 'DTQ_ASSEMBLE_IMAGES=1 npx --no-install vitest run --project tests tools/contracts/images.test.ts',
  },
  {
    name: 'two minutes at half of what it can do, while processes are killed, stopped and frozen',
    command: 'npm run --silent soak -- --minutes 2',
  },
  // These take a stack of their own.
  {
    name: 'a whole stack, up and down',
    command: 'DTQ_INFRA_LIFECYCLE=1 npx --no-install vitest run --project tests infra/test/lifecycle.test.ts',
  },
  {
    name: 'the first-week checklist where no server runs',
    // It shows the page, which nobody has built so far.
    command:
      'node tools/prepare/prepare.mjs --page && DTQ_INFRA_LIFECYCLE=1 npx --no-install vitest run --project tests tools/checklist/test/own-servers.test.ts',
  },
  {
    name: 'each port while its server breaks',
    command:
      'DTQ_BREAK_SERVERS=1 npx --no-install vitest run --project tests services/backend-distributed/failures.test.ts',
  },
];
