import { pidOf } from '@dtq/infra/control.ts';
import { type Bench, type BenchContext, withSpace } from './bench.ts';
import { cpuMeasure } from './cpu.ts';
import { LOAD_MEASURES, load } from './load.ts';
import type { Case, Report } from './report.ts';
import { alternate, type Side } from './rounds.ts';

const CONNECTIONS = [1, 64, 200] as const;
const BODY = JSON.stringify({ job_type: 'weather', payload: { city: 'Austin', units: 'metric' } });
const [OURS, BARE, NAIVE] = ['dtq', 'bare', 'bare, one send a job'] as const;

/** How many jobs an API accepts a second, and how long a caller waits for it. */
export const submit: Bench = {
  name: 'submit',
  run: (context) =>
    withSpace((ours) =>
      withSpace((bare) =>
        measure(context, ours.environment, bare.environment).finally(() => context.programs.endAll()),
      ),
    ),
};

type Environment = Readonly<Record<string, string>>;

async function measure({ scale, programs, say }: BenchContext, ours: Environment, bare: Environment): Promise<Report> {
  const mains = [
    { name: OURS, main: 'services/api/main.ts', environment: ours },
    { name: BARE, main: 'tools/bench/bare/api.ts', environment: bare },
    { name: NAIVE, main: 'tools/bench/bare/api.ts', environment: { ...bare, BARE_SEND: 'each' } },
  ];
  const servers = { Redis: pidOf('redis'), Kafka: pidOf('kafka') };
  const sides: { name: string; ask: (connections: number, seconds: number) => ReturnType<typeof load> }[] = [];
  for (const { name, main, environment } of mains) {
    const { said, pid } = await programs.start(main, environment, /"url":"(http[^"]+)"/);
    const url = `${said}/v1/jobs`;
    sides.push({
      name,
      ask: (connections, seconds) =>
        load({ url, method: 'POST', body: BODY, connections, seconds, processes: { API: pid, ...servers } }),
    });
  }
  say('warm-up');
  for (const { ask } of sides) await ask(64, scale.warmUpSeconds);
  const cases: Case[] = [];
  for (const connections of CONNECTIONS) {
    const name = connections === 1 ? '1 connection' : `${connections} connections`;
    say(name);
    const measured: Side[] = sides.map((side) => ({
      name: side.name,
      // Shown once, as what nobody should do; time is for the two that are held against each other.
      measure: async (round) => (side.name === NAIVE && round > 0 ? {} : await side.ask(connections, scale.seconds)),
    }));
    cases.push({ name, rounds: await alternate(measured, scale.rounds) });
  }
  return {
    name: 'submit',
    title: 'Submit: POST /v1/jobs',
    sides: [OURS, BARE, NAIVE],
    measures: [
      { name: LOAD_MEASURES.rate, digits: 0 },
      { name: LOAD_MEASURES.p50, digits: 1 },
      { name: LOAD_MEASURES.p99, digits: 1 },
      ...['API', ...Object.keys(servers)].map((who) => ({ name: cpuMeasure(who), digits: 0 })),
    ],
    cases,
    notes: [
      'dtq: the API as it is started, with its log at `info` into a file.',
      'bare: Hono, kafkajs (`acks=all`, what waits while two batches are under way goes out as the next), then `HSET` and `EXPIRE`; it validates nothing, has no deadlines and no log. With one send a job it was measured in the first round only.',
      'The load (autocannon, keep-alive) is a process of its own; it, the API and all servers share the cores.',
    ],
  };
}
