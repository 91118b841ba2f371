import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, globSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { type Copy, DockerfileParser, type From, type Instruction, type JSONInstruction } from 'dockerfile-ast';
import { root } from './sources.ts';

export const DOCKERFILE = path.join(root, 'infra/images/Dockerfile');

export interface Stage {
  readonly name: string;
  /** The stage, or the image, that it goes on from; variables filled in. */
  readonly from: string;
  readonly instructions: readonly Instruction[];
}

/** A COPY: what, from which stage (undefined for the checkout), to where. */
export interface CopyStep {
  readonly from: string | undefined;
  readonly sources: readonly string[];
  readonly target: string;
}

/** The stages of the Dockerfile, in its order. */
export function readStages(text = readFileSync(DOCKERFILE, 'utf8')): Stage[] {
  const file = DockerfileParser.parse(text);
  const variables = new Map(
    file.getInitialARGs().map((arg) => [arg.getProperty()?.getName(), arg.getProperty()?.getValue() ?? '']),
  );
  const stages: { name: string; from: string; instructions: Instruction[] }[] = [];
  for (const instruction of file.getInstructions()) {
    if (instruction.getKeyword() === 'FROM') {
      const from = instruction as From;
      const image = (from.getImage() ?? '').replace(
        /\$\{(\w+)\}/g,
        (_whole, name: string) => variables.get(name) ?? '',
      );
      stages.push({ name: from.getBuildStage() ?? '', from: image, instructions: [] });
    } else stages.at(-1)?.instructions.push(instruction);
  }
  return stages;
}

export function copiesOf({ instructions }: Stage): CopyStep[] {
  return instructions
    .filter((instruction) => instruction.getKeyword() === 'COPY')
    .map((instruction) => {
      const from = (instruction as Copy).getFromFlag()?.getValue() ?? undefined;
      const words = instruction.getArguments().map((argument) => argument.getValue());
      return { from, sources: words.slice(0, -1), target: words.at(-1) ?? '' };
    });
}

/** The words of a stage's own instruction of a kind, or of the last stage before it that has one. */
export function lastOf(keyword: string, stage: Stage, stages: readonly Stage[]): string[] | undefined {
  const own = stage.instructions.findLast((instruction) => instruction.getKeyword() === keyword);
  if (own !== undefined) {
    const strings = (own as Partial<JSONInstruction>).getJSONStrings?.() ?? [];
    if (strings.length > 0) return strings.map((one) => JSON.parse(one.getValue()) as string);
    return own.getArguments().map((argument) => argument.getValue());
  }
  const before = stages.find(({ name }) => name === stage.from);
  return before === undefined ? undefined : lastOf(keyword, before, stages);
}

/** Whether .dockerignore lets a path of the checkout reach a builder: of the patterns that match it, or a folder above, the last counts. */
export function reachesBuilder(file: string): boolean {
  const rules = readFileSync(path.join(root, '.dockerignore'), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  const above = file.split('/').map((_part, index, parts) => parts.slice(0, index + 1).join('/'));
  let isIn = true;
  for (const rule of rules) {
    const pattern = patternOf(rule.replace(/^!/, ''));
    if (above.some((part) => pattern.test(part))) isIn = rule.startsWith('!');
  }
  return isIn;
}

/** A pattern of .dockerignore, which takes names that begin with a dot for names like others. */
function patternOf(glob: string): RegExp {
  const parts = { '**/': '(?:.*/)?', '**': '.*', '*': '[^/]*', '?': '[^/]' } as const;
  const source = glob.replace(/\*\*\/|\*\*|[*?]|[.+^${}()|[\]\\]/g, (found) => {
    return found in parts ? parts[found as keyof typeof parts] : `\\${found}`;
  });
  return new RegExp(`^${source}$`);
}

/** Every file of a source of a COPY from the checkout, as paths from its root. */
export function filesOf(source: string): string[] {
  if (statSync(path.join(root, source)).isFile()) return [source];
  return globSync('**', { cwd: path.join(root, source), exclude: (name) => name === 'node_modules' })
    .map((file) => path.posix.join(source, file))
    .filter((file) => statSync(path.join(root, file)).isFile());
}

/** Puts a stage together in a folder as a builder would, but on this machine's own system; gives the folder's working directory. */
export function assemble(name: string, stages: readonly Stage[], scratch: string): string {
  const stage = stages.find((one) => one.name === name);
  if (stage === undefined) throw new Error(`there is no stage ${name}`);
  const folder = path.join(scratch, name);
  if (existsSync(folder)) return folder;
  if (stages.some((one) => one.name === stage.from))
    cpSync(assemble(stage.from, stages, scratch), folder, { recursive: true, verbatimSymlinks: true });
  mkdirSync(folder, { recursive: true });
  const copies = copiesOf(stage);
  for (const instruction of stage.instructions) {
    if (instruction.getKeyword() === 'COPY') copy(copies.shift() as CopyStep, folder, stages, scratch);
    if (instruction.getKeyword() === 'RUN') run(instruction.getArgumentsContent() ?? '', folder);
  }
  return folder;
}

function copy({ from, sources, target }: CopyStep, folder: string, stages: readonly Stage[], scratch: string): void {
  for (const source of sources) {
    if (from !== undefined) {
      const origin = path.join(assemble(from, stages, scratch), path.posix.relative('/dtq', source));
      cpSync(origin, path.join(folder, target), { recursive: true, verbatimSymlinks: true });
      continue;
    }
    for (const file of filesOf(source).filter(reachesBuilder)) {
      const below = source.endsWith('/') ? path.posix.relative(source, file) : path.posix.basename(file);
      cpSync(path.join(root, file), path.join(folder, target, below));
    }
  }
}

function run(command: string, folder: string): void {
  const env = {
    ...process.env,
    PATH: `${path.dirname(process.execPath)}${path.delimiter}${process.env['PATH']}`,
    npm_config_prefer_offline: 'true',
    NODE_ENV: '',
  };
  const { status, stderr, stdout } = spawnSync('bash', ['-c', command], { cwd: folder, env, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ended with ${status}:\n${stdout}\n${stderr}`);
}
