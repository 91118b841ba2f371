import { File, Text } from '@asyncapi/generator-react-sdk';

const literal = (value) => JSON.stringify(value);
const comment = (text) =>
  `/** ${String(text ?? '')
    .replaceAll('*/', '*\\/')
    .replace(/\s+/g, ' ')
    .trim()} */`;
const typeOf = (schema) => (schema ? (schema.json('x-parser-schema-id') ?? schema.id()) : undefined);

/** What a channel is, whichever broker carries it. */
function channelRow(channel) {
  const bindings = {};
  for (const binding of channel.bindings().all()) bindings[binding.protocol()] = binding.value();
  const { queue } = bindings.amqp ?? {};
  const { partitions, topicConfiguration } = bindings.kafka ?? {};
  return {
    address: channel.address() ?? null,
    jobType: channel.json('x-dtq-job-type') ?? null,
    messages: channel
      .messages()
      .all()
      .map((message) => message.name()),
    kafka:
      partitions === undefined
        ? null
        : {
            partitions,
            configuration: Object.fromEntries(
              Object.entries(topicConfiguration ?? {}).map(([key, value]) => [key, [value].flat().join(',')]),
            ),
          },
    queue:
      queue === undefined ? null : { durable: queue.durable, exclusive: queue.exclusive, autoDelete: queue.autoDelete },
  };
}

function operationRow(operation) {
  const reply = operation.reply();
  return {
    action: operation.action(),
    channel: operation.channels().all()[0].id(),
    jobType: operation.json('x-dtq-job-type') ?? null,
    messages: operation
      .messages()
      .all()
      .map((message) => message.name()),
    reply: reply
      ? {
          channel: reply.channel().id(),
          messages: reply
            .messages()
            .all()
            .map((message) => message.name()),
        }
      : null,
  };
}

/** The AsyncAPI document as one module of constants and types. */
export default function channels({ asyncapi }) {
  const messages = new Map();
  for (const message of asyncapi.components().messages().all()) messages.set(message.name(), message);
  const payloads = [...messages].map(([name, message]) => [name, typeOf(message.payload()), typeOf(message.headers())]);
  const types = [...new Set(payloads.flatMap(([, payload, headers]) => [payload, headers]).filter(Boolean))].sort();
  const all = asyncapi.channels().all();
  const operations = asyncapi.operations().all();
  const responders = operations.filter((operation) => operation.json('x-dtq-handler') === 'responder');
  const jobTypes = [...new Set(operations.map((operation) => operation.json('x-dtq-job-type')).filter(Boolean))];
  const jobChannels = jobTypes.map((jobType) => {
    const own = all.filter((channel) => channel.json('x-dtq-job-type') === jobType);
    const priorityOf = (channel) => channel.json('x-dtq-priority');
    const jobs = Object.fromEntries(own.filter(priorityOf).map((channel) => [priorityOf(channel), channel.id()]));
    const deadLetters = own.find((channel) => !priorityOf(channel)).id();
    return `${jobType}: { jobs: ${literal(jobs)}, deadLetters: ${literal(deadLetters)} },`;
  });
  const code = `import type { JobPriority, JobType, ${types.join(', ')} } from '../schemas/types.ts';

/** What each message carries. */
export interface Messages {
${payloads.map(([name, payload, headers]) => `${comment(messages.get(name).title())}\n${name}: { payload: ${payload ?? 'Uint8Array'}; headers: ${headers ?? 'Record<string, never>'} };`).join('\n')}
}

export type MessageName = keyof Messages;

/** The media type of each message's body. */
export const CONTENT_TYPES = {
${[...messages].map(([name, message]) => `${name}: ${literal(message.contentType())},`).join('\n')}
} as const satisfies { readonly [Name in MessageName]: string };

export interface Channel {
  /** Name of the topic or queue; null where the requester names it. */
  readonly address: string | null;
  readonly jobType: JobType | null;
  readonly messages: readonly MessageName[];
  readonly kafka: { readonly partitions: number; readonly configuration: Readonly<Record<string, string>> } | null;
  readonly queue: { readonly durable: boolean; readonly exclusive: boolean; readonly autoDelete: boolean } | null;
}

/** Every topic and queue. */
export const CHANNELS = {
${all.map((channel) => `${comment(channel.description())}\n${channel.id()}: ${literal(channelRow(channel))},`).join('\n')}
} as const satisfies { readonly [id: string]: Channel };

export type ChannelId = keyof typeof CHANNELS;

/** The channels of each job type: one for each priority, and that of the dead letters. */
export const JOB_CHANNELS = {
${jobChannels.join('\n')}
} as const satisfies { readonly [T in JobType]: { readonly jobs: { readonly [P in JobPriority]: ChannelId }; readonly deadLetters: ChannelId } };

export interface Operation {
  readonly action: 'send' | 'receive';
  readonly channel: ChannelId;
  readonly jobType: JobType | null;
  readonly messages: readonly MessageName[];
  readonly reply: { readonly channel: ChannelId; readonly messages: readonly MessageName[] } | null;
}

/** Everything that dtq sends and receives. */
export const OPERATIONS = {
${operations.map((operation) => `${comment(operation.summary())}\n${operation.id()}: ${literal(operationRow(operation))},`).join('\n')}
} as const satisfies { readonly [id: string]: Operation };

/** The operations that answer a question. */
export interface Responders {
${responders
  .map(
    (operation) =>
      `${comment(operation.summary())}\n${operation.id()}: { request: ${operation
        .messages()
        .all()
        .map((message) => typeOf(message.payload()))
        .join(' | ')}; reply: ${operation
        .reply()
        .messages()
        .all()
        .map((message) => typeOf(message.payload()))
        .join(' | ')} };`,
  )
  .join('\n')}
}

export type ResponderId = keyof Responders;
`;
  return (
    <File name="channels.ts">
      <Text>{code}</Text>
    </File>
  );
}
