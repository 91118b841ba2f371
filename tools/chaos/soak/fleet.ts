import path from 'node:path';
import type { Program, Programs } from '@dtq/bench/programs.ts';
import { freePort } from '@dtq/testkit/free-port.ts';
import type { Balancer } from '../balancer.ts';
import { providerEnvironment } from './provider-paths.ts';
import { probeEnvironment, type Sample, sampleOf } from './sample.ts';

export type Kind = 'api' | 'worker' | 'provider';

/** One process of the run; when it was ended it is started again under the same name. */
export interface Member {
  readonly name: string;
  readonly kind: Kind;
  /** It may be frozen, and lives from the start to the end: what is left over shows in such a process. */
  readonly isWitness: boolean;
  /** It runs, and nobody is doing anything to it. */
  isWell: boolean;
  program: Program;
  /** Of its present life. */
  samples: Sample[];
  probeFile: string;
}

/** Each says where it listens. */
const READY = /"url":"(http[^"]+)"/;
const MAINS: Readonly<Record<Kind, string>> = {
  api: 'services/api/main.ts',
  worker: 'services/worker/main.ts',
  provider: 'tools/chaos/soak/provider.ts',
};

/** Two APIs behind a balancer, two workers and the provider that they call, each a process of its own. */
export class Fleet {
  readonly #programs: Programs;
  readonly #environment: Readonly<Record<string, string>>;
  readonly #balancer: Balancer;
  #members: readonly Member[] = [];
  #settings: Readonly<Record<string, string>> = {};
  #starts = 0;
  /** Of processes that nobody ended. */
  readonly deaths: string[] = [];

  constructor(programs: Programs, environment: Readonly<Record<string, string>>, balancer: Balancer) {
    this.#programs = programs;
    this.#environment = environment;
    this.#balancer = balancer;
  }

  get members(): readonly Member[] {
    return this.#members;
  }

  /** Those that are ours to look at: the provider is not. */
  get ours(): readonly Member[] {
    return this.#members.filter(({ kind }) => kind !== 'provider');
  }

  /** Starts them all; `witnesses` are an API and a worker that are never ended. */
  async start(witnesses: readonly string[]): Promise<void> {
    const port = await freePort();
    this.#settings = {
      ...this.#environment,
      ...providerEnvironment(`http://127.0.0.1:${port}`),
      PROVIDER_PORT: String(port),
    };
    const names = [
      ['provider', 'provider'],
      ['api-1', 'api'],
      ['api-2', 'api'],
      ['worker-1', 'worker'],
      ['worker-2', 'worker'],
    ] as const;
    this.#members = await Promise.all(
      names.map(async ([name, kind]) => {
        const life = await this.#live(name, kind);
        return { name, kind, isWitness: witnesses.includes(name), isWell: true, ...life };
      }),
    );
  }

  /** Starts one again that has ended. */
  async restart(member: Member): Promise<void> {
    if (member.kind === 'api') this.#balancer.remove(member.program.said);
    Object.assign(member, await this.#live(member.name, member.kind), { isWell: true });
  }

  /** What one holds now, kept with what it held before. */
  async sample(member: Member): Promise<Sample> {
    const { program, probeFile } = member;
    const sample = await sampleOf(program.signal, probeFile);
    if (member.program === program) member.samples.push(sample);
    return sample;
  }

  async #live(name: string, kind: Kind): Promise<Pick<Member, 'program' | 'samples' | 'probeFile'>> {
    this.#starts += 1;
    const probeFile = path.join(this.#programs.folder, `${this.#starts}.probe`);
    const environment = { ...this.#settings, ...probeEnvironment(probeFile) };
    const program = await this.#programs.start(MAINS[kind], environment, READY);
    void program.exited.then((how) => {
      // Whoever ends it says so before.
      if (this.#members.some((member) => member.program === program && member.isWell))
        this.deaths.push(`${name} ended by itself: ${how}`);
    });
    if (kind === 'api') await this.#balancer.add(program.said);
    return { program, samples: [], probeFile };
  }
}
