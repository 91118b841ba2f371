import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { camelCase, kebabCase, nameFault } from './names.ts';
import { handlerStub, specStub } from './new-job-text.ts';

// `npm run job:new NAME`: writes the spec and the handler of a new job type, which works as it is, and runs codegen.

const root = path.resolve(import.meta.dirname, '../..');

/** What keeps a job type from being made, in one line; undefined where nothing does. */
function refusal(names: readonly string[]): string | undefined {
  const [name] = names;
  if (name === undefined || names.length > 1) return 'it takes one name: npm run job:new exchange_rate';
  const fault = nameFault('job type', name);
  if (fault !== undefined) return fault;
  const there = [specOf(name), handlerOf(name)].find((file) => existsSync(path.join(root, file)));
  return there === undefined ? undefined : `${there} is there already`;
}

function specOf(name: string): string {
  return `specs/jobs/${name}.yaml`;
}

function handlerOf(name: string): string {
  return `services/worker/handlers/${kebabCase(name)}.ts`;
}

function make(name: string): void {
  const [spec, handler] = [specOf(name), handlerOf(name)];
  writeFileSync(path.join(root, spec), specStub(name, handler));
  writeFileSync(path.join(root, handler), handlerStub(name, camelCase(name)));
  const { status } = spawnSync(process.execPath, [path.join(import.meta.dirname, 'main.ts')], {
    cwd: root,
    stdio: 'inherit',
  });
  if (status !== 0) {
    process.exitCode = 1;
    return;
  }
  console.log(`job:new: the job type ${name} works as it is, with an output made up from its payload. What is yours to write:
  ${spec}   what goes in and what comes out; then npm run codegen
  ${handler}   how it is done; then npm run typecheck, npm start`);
}

const names = process.argv.slice(2);
const why = refusal(names);
if (why === undefined) make(String(names[0]));
else {
  console.error(`job:new: ${why}`);
  process.exitCode = 1;
}
