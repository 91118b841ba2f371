import { readFileSync } from 'node:fs';

// npm run --silent bench:profile -- FILE.cpuprofile: where a process spent its time, by package and by function.

interface Profile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
    readonly children?: readonly number[];
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

const MOST_ROWS = 30;

/** Microseconds that were spent in each thing itself, and in it with all that it called. */
class Times {
  readonly self = new Map<string, number>();
  readonly total = new Map<string, number>();
}

const { nodes, samples, timeDeltas } = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as Profile;
const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)));
const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
const [rooms, functions] = [new Times(), new Times()];
let all = 0;
for (const [index, sample] of samples.entries()) {
  const us = timeDeltas[index] ?? 0;
  if (frames.get(sample)?.functionName === '(idle)') continue;
  all += us;
  count(rooms, sample, us, roomOf);
  count(functions, sample, us, functionOf);
}
console.log(`${(all / 1e6).toFixed(2)} s of work`);
print('by package, self', rooms.self);
print('by package, with what it calls', rooms.total);
print('by function, self', functions.self);
print('by function, with what it calls', functions.total);

function count({ self, total }: Times, sample: number, us: number, nameOf: (id: number) => string): void {
  add(self, nameOf(sample), us);
  const seen = new Set<string>();
  for (let id: number | undefined = sample; id !== undefined; id = parents.get(id)) seen.add(nameOf(id));
  for (const name of seen) add(total, name, us);
}

function add(times: Map<string, number>, name: string, us: number): void {
  times.set(name, (times.get(name) ?? 0) + us);
}

function roomOf(id: number): string {
  const url = frames.get(id)?.url ?? '';
  const name = /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1];
  if (name !== undefined) return name;
  if (url.startsWith('node:')) return url.split('/').slice(0, 2).join('/');
  if (url === '') return frames.get(id)?.functionName.startsWith('(') ? (frames.get(id)?.functionName ?? '') : 'native';
  return /\/(services\/[^/]+|generated\/[^/]+|tools\/[^/]+)/.exec(url)?.[1] ?? url;
}

function functionOf(id: number): string {
  const { functionName = '', url = '', lineNumber = 0 } = frames.get(id) ?? {};
  const file = url.replace(/^.*\/node_modules\//, '').replace(/^file:.*\/(?=services|generated|tools)/, '');
  return `${functionName === '' ? '(anonymous)' : functionName} ${file}${file === '' ? '' : `:${lineNumber + 1}`}`;
}

function print(title: string, times: ReadonlyMap<string, number>): void {
  console.log(`\n${title}`);
  const rows = [...times].toSorted(([, a], [, b]) => b - a).slice(0, MOST_ROWS);
  for (const [name, us] of rows) console.log(`${((us * 100) / all).toFixed(1).padStart(6)} %  ${name}`);
}
