import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { JOB_TYPE_VALUES } from '@dtq/generated/schemas/enums.ts';
import { KeyNotRead, readApiKey } from '@dtq/generated/sdk/cli/api-key.ts';
import { isPart, PARTS } from './parts.ts';
import { isCheck } from './run-checks.ts';
import { DEFAULTS, type Settings, type Submittable } from './settings.ts';
import { fetchWithKey } from './with-key.ts';

export interface Options {
  readonly settings: Settings;
  readonly verbose: boolean;
  /** Prints the report as JSON, and nothing else. */
  readonly json: boolean;
  /** Where JUnit's XML goes. */
  readonly junit: string | undefined;
}

/** What was asked for cannot be; the message says what would be right. */
export class WrongOption extends Error {
  override name = 'WrongOption';
}

export const USAGE = `usage: npm run conformance -- --api URL [options]

Asks an implementation of the contracts, over the wire, whether it keeps them.

  --api URL                  the API, such as http://127.0.0.1:8080
  --key-file FILE            the key that the API wants, in a file; DTQ_API_KEY where it is left out. It needs every role
  --kafka HOST:PORT,...      the brokers; without, what needs them is left out. Likewise:
  --amqp amqp://...          RabbitMQ
  --redis redis://...        Redis
  --mongo mongodb://...      MongoDB

Names there, where they are not those of the contract:
  --topic-template jobs.%s.v1     --group dtq-worker-v1     --queue progress.check.request.v1
  --database dtq                  --collection job_results  --status-ttl 24h

Jobs, as TYPE=FILE with the payload in a file of JSON (the defaults are words that dtq's sandbox knows):
  --job TYPE=FILE            one that completes
  --failing-job TYPE=FILE    one that fails
  --slow-job TYPE=FILE       one that runs for ten seconds and more

  --without PART,...         optional parts that the implementation has not:
                             ${Object.keys(PARTS).join(', ')}
  --only ID,...              only these checks; http.* is a whole section
  --patience 60s             how long a fact may take to come true
  --concurrency 6            checks that run at once
  --too-large 2097152        a body of so many bytes is too large
  --verbose                  with what was seen
  --junit FILE               the report as JUnit's XML
  --json                     the report as JSON on standard output

exit code: 0 all that was asked is kept, 1 something is not, 2 it could not be asked`;

/** Reads the command line; throws WrongOption with one line that names the option, the value and what it takes. */
export function readOptions(args: readonly string[], environment: NodeJS.ProcessEnv): Options {
  const { values } = parse(args);
  const { api } = values;
  if (api === undefined || !URL.canParse(api))
    throw new WrongOption(`--api takes a URL, not ${JSON.stringify(api ?? '')}`);
  const list = (text: string | undefined): string[] => text?.split(',').filter((name) => name !== '') ?? [];
  const without = list(values.without);
  const wrong = without.find((name) => !isPart(name));
  if (wrong !== undefined)
    throw new WrongOption(`--without takes some of ${Object.keys(PARTS).join(', ')}, not ${JSON.stringify(wrong)}`);
  const only = list(values.only);
  const unknown = only.find((name) => !isCheck(name));
  if (unknown !== undefined)
    throw new WrongOption(
      `--only takes ids of checks, or their beginnings such as http.*, not ${JSON.stringify(unknown)}`,
    );
  const template = values['topic-template'] ?? DEFAULTS.topicTemplate;
  if (!template.includes('%s'))
    throw new WrongOption(`--topic-template takes a name with %s in it, not ${JSON.stringify(template)}`);
  const settings: Settings = {
    ...DEFAULTS,
    api,
    fetch: fetchWithKey(keyOf(values['key-file'], environment)),
    kafka: values.kafka,
    amqp: values.amqp,
    redis: values.redis,
    mongo: values.mongo,
    topicTemplate: template,
    group: values.group ?? DEFAULTS.group,
    queue: values.queue ?? DEFAULTS.queue,
    database: values.database ?? DEFAULTS.database,
    collection: values.collection ?? DEFAULTS.collection,
    statusTtlMs: duration('--status-ttl', values['status-ttl'], DEFAULTS.statusTtlMs),
    patienceMs: duration('--patience', values.patience, DEFAULTS.patienceMs),
    concurrency: count('--concurrency', values.concurrency, DEFAULTS.concurrency),
    tooLargeBytes: count('--too-large', values['too-large'], DEFAULTS.tooLargeBytes),
    job: job('--job', values.job, DEFAULTS.job),
    failingJob: job('--failing-job', values['failing-job'], DEFAULTS.failingJob),
    slowJob: job('--slow-job', values['slow-job'], DEFAULTS.slowJob),
    without: without.filter(isPart),
    only,
  };
  return { settings, verbose: values.verbose ?? false, json: values.json ?? false, junit: values.junit };
}

function parse(args: readonly string[]) {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  try {
    return parseArgs({
      args: [...args],
      options: {
        api: text,
        'key-file': text,
        kafka: text,
        amqp: text,
        redis: text,
        mongo: text,
        'topic-template': text,
        group: text,
        queue: text,
        database: text,
        collection: text,
        'status-ttl': text,
        job: text,
        'failing-job': text,
        'slow-job': text,
        without: text,
        only: text,
        patience: text,
        concurrency: text,
        'too-large': text,
        verbose: flag,
        junit: text,
        json: flag,
      },
    });
  } catch (error) {
    throw new WrongOption((error as Error).message);
  }
}

/** The key of `--key-file` or DTQ_API_KEY. Throws WrongOption, which does not tell what stands there. */
export function keyOf(file: string | undefined, environment: NodeJS.ProcessEnv): string | undefined {
  try {
    return readApiKey(file, environment);
  } catch (error) {
    if (error instanceof KeyNotRead) throw new WrongOption(error.message);
    throw error;
  }
}

const UNITS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

function duration(option: string, text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  const [, number, unit] = /^([1-9]\d{0,8})(ms|s|m|h|d)$/.exec(text) ?? [];
  if (number === undefined)
    throw new WrongOption(`${option} takes a time such as 500ms, 5s or 24h, not ${JSON.stringify(text)}`);
  return Number(number) * UNITS[unit as keyof typeof UNITS];
}

function count(option: string, text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  if (!/^[1-9]\d{0,8}$/.test(text))
    throw new WrongOption(`${option} takes a whole number from 1, not ${JSON.stringify(text)}`);
  return Number(text);
}

function job(option: string, text: string | undefined, otherwise: Submittable): Submittable {
  if (text === undefined) return otherwise;
  const [, name, file] = /^([a-z_]+)=(.+)$/s.exec(text) ?? [];
  const jobType = JOB_TYPE_VALUES.find((one) => one === name);
  if (jobType === undefined || file === undefined)
    throw new WrongOption(
      `${option} takes TYPE=FILE with one of ${JOB_TYPE_VALUES.join(', ')}, not ${JSON.stringify(text)}`,
    );
  try {
    return { job_type: jobType, payload: JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown> };
  } catch (error) {
    throw new WrongOption(`${option}: ${file} cannot be read as JSON: ${(error as Error).message}`);
  }
}
