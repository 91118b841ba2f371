import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pascalCase } from '../../codegen/names.ts';
import { readSource, type Source } from '../../codegen/source.ts';
import type { JobSpec, Json, JsonObject, Specs } from '../../codegen/specs.ts';
import { type Contracts, contractsOf } from './contracts.ts';

/** Everything in specs/ as plain values, for a test to change. */
export interface SpecData {
  openapi: JsonObject;
  asyncapi: JsonObject;
  storage: JsonObject;
  lifecycle: JsonObject;
  errors: JsonObject;
  /** By type name. */
  schemas: Record<string, JsonObject>;
  /** By job type. */
  jobs: Record<string, JsonObject>;
}

/**
 * Reads specs/ below a root. Unlike codegen it holds no file to its kind's shape: specs of an earlier day had an earlier
 * shape, and those of today are held to it by codegen itself.
 */
export function readSpecData(root: string): SpecData {
  const read = (file: string): JsonObject => readSource(root, file).data as JsonObject;
  const list = (folder: string, ending: string): [string, JsonObject][] =>
    readdirSync(path.join(root, folder))
      .filter((name) => name.endsWith(ending))
      .sort()
      .map((name) => [path.basename(name, ending), read(`${folder}/${name}`)]);
  return {
    openapi: read('specs/openapi.yaml'),
    asyncapi: read('specs/asyncapi.yaml'),
    storage: read('specs/storage.yaml'),
    lifecycle: read('specs/lifecycle.yaml'),
    errors: read('specs/errors.yaml'),
    schemas: Object.fromEntries(list('specs/schemas', '.json')),
    jobs: Object.fromEntries(list('specs/jobs', '.yaml')),
  };
}

/** The contracts that plain values describe; the values are left as they are. */
export function contractsOfData(data: SpecData): Contracts {
  // References are resolved in place.
  const { openapi, asyncapi, storage, lifecycle, errors, schemas, jobs } = structuredClone(data);
  const orderOf = (job: JsonObject): number => Number((job['ui'] as JsonObject | undefined)?.['order'] ?? 1e9);
  const specs: Specs = {
    openapi: source('specs/openapi.yaml', openapi),
    asyncapi: source('specs/asyncapi.yaml', asyncapi),
    storage: source('specs/storage.yaml', storage),
    lifecycle: source('specs/lifecycle.yaml', lifecycle),
    errors: source('specs/errors.yaml', errors),
    schemas: Object.entries(schemas).map(([name, schema]) => source(`specs/schemas/${name}.json`, schema)),
    jobs: Object.entries(jobs)
      .sort(([a, one], [b, other]) => orderOf(one) - orderOf(other) || (a < b ? -1 : 1))
      .map(([jobType, job]) => jobOf(jobType, job)),
  };
  return contractsOf(specs);
}

function source(file: string, data: Json): Source {
  return { file, data, locate: (pointer) => ({ file, line: 1, column: 1, pointer }) };
}

function jobOf(jobType: string, job: JsonObject): JobSpec {
  const pascal = pascalCase(jobType);
  const { title, description, payload, output, errors, policy, ui, examples } = job as unknown as JobSpec;
  return {
    source: source(`specs/jobs/${jobType}.yaml`, job),
    jobType,
    pascal,
    camel: pascal.charAt(0).toLowerCase() + pascal.slice(1),
    title: title ?? jobType,
    description: description ?? '',
    payload,
    output,
    errors: errors ?? {},
    policy: policy ?? {},
    ui: ui ?? {},
    examples: examples ?? [],
  };
}

/** The contracts of a folder that has specs/, of a bundle (a .json file), or of a git ref. Throws an Error that says why not. */
export function readContracts(root: string, ref: string): Contracts {
  if (existsSync(ref)) {
    if (statSync(ref).isFile()) return readBundle(ref);
    const folder = path.basename(path.resolve(ref)) === 'specs' ? path.dirname(path.resolve(ref)) : ref;
    if (!existsSync(path.join(folder, 'specs/openapi.yaml')))
      throw new Error(`${ref} has no specs/openapi.yaml; it takes a git ref, a folder with specs/, or a bundle`);
    return contractsOfData(readSpecData(folder));
  }
  return atGitRef(root, ref);
}

function readBundle(file: string): Contracts {
  const bundle = JSON.parse(readFileSync(file, 'utf8')) as Contracts;
  if (bundle.form !== 1)
    throw new Error(`${file} is no bundle of contracts: its form is ${String(bundle.form)}, not 1`);
  return bundle;
}

function atGitRef(root: string, ref: string): Contracts {
  if (!/^[A-Za-z0-9][A-Za-z0-9._/~^@{}-]*$/.test(ref)) throw new Error(`${JSON.stringify(ref)} is no git ref`);
  const folder = mkdtempSync(path.join(tmpdir(), 'dtq-contracts-'));
  try {
    const git = (...words: string[]): Buffer =>
      execFileSync('git', words, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 64 * 1024 * 1024 });
    let archive: Buffer;
    try {
      archive = git('archive', '--format=tar', ref, 'specs');
    } catch (error) {
      const said = String((error as { stderr?: Buffer }).stderr ?? '').split('\n')[0];
      throw new Error(`${ref} is neither a file, a folder nor a git ref with specs/ (git: ${said})`);
    }
    execFileSync('tar', ['-xf', '-', '-C', folder], { input: archive });
    return contractsOfData(readSpecData(folder));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
