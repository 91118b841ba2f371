import { json } from '../code.ts';
import type { Channel, Message, Reference } from '../contracts.ts';
import { exampleOf } from '../example.ts';
import { type Html, html, joined } from '../html.ts';
import { list, type Page, table } from '../page.ts';
import { fieldTable, typeOf } from '../schema-view.ts';
import { nameOfReference } from '../schemas.ts';

/** Every topic, queue and message. */
export function messagesPage(page: Page): Html {
  const { asyncapi } = page.contracts;
  const channels = Object.entries(asyncapi.channels);
  const kafka = channels.filter(([, { bindings }]) => bindings?.kafka !== undefined);
  const others = channels.filter(([, { bindings }]) => bindings?.kafka === undefined);
  return html`${page.prose(asyncapi.info.description)}
${page.heading(2, 'topics', 'Topics (Kafka)')}
${kafka.map(([name, channel]) => section(page, name, channel, 'topic'))}
${page.heading(2, 'queues', 'Queues (RabbitMQ)')}
${others.map(([name, channel]) => section(page, name, channel, 'queue'))}
${page.heading(2, 'messages', 'Messages')}
${Object.entries(asyncapi.messages).map(([name, message]) => messageSection(page, name, message))}
${page.heading(2, 'operations', 'Who sends, who receives')}
${table(
  'Operations',
  ['operation', 'does', 'channel'],
  Object.entries(asyncapi.operations).map(([name, { title, action, summary, channel, reply }]) => ({
    id: `operation-${name}`,
    cells: [
      html`<code class="name">${name}</code> <span class="bounds">${action}</span>`,
      html`<b>${page.words(title)}.</b> ${page.words(summary)}`,
      html`${channelLink(page, channel)}${reply === undefined ? '' : html`, reply in ${channelLink(page, reply.channel)}`}`,
    ],
  })),
)}`;
}

function section(page: Page, name: string, channel: Channel, kind: string): Html {
  const { address, title, description, messages, bindings } = channel;
  const settings = { ...bindings?.kafka?.topicConfiguration, ...bindings?.amqp?.queue };
  const { name: _name, ...rest } = settings as Record<string, unknown>;
  const facts: [string, Html | string][] = [
    ['Messages', list(Object.keys(messages).map((message) => page.link('message', message)))],
    ...(bindings?.kafka === undefined ? [] : [['Partitions', String(bindings.kafka.partitions)] as [string, string]]),
    ...Object.entries(rest).map(([key, value]): [string, Html] => [key, html`<code>${setting(key, value)}</code>`]),
  ];
  return html`<section class="channel">
${page.headingOf(3, 'channel', name, address ?? title, kind, html`<code>${address ?? title}</code>`)}
<p class="title">${page.words(title)}</p>
${page.prose(description)}
<dl class="facts">${facts.map(([term, value]) => html`<div><dt>${term}</dt><dd>${value}</dd></div>`)}</dl>
</section>
`;
}

/** A setting as it is set, and a time in milliseconds in days beside it. */
function setting(key: string, value: unknown): string {
  const text = Array.isArray(value) ? value.join(',') : String(value);
  return key.endsWith('.ms') ? `${text} (${Number(value) / 86_400_000} days)` : text;
}

function messageSection(
  page: Page,
  name: string,
  { title, summary, contentType, headers, payload, correlationId }: Message,
): Html {
  const { schemas } = page.contracts;
  const named = (schema: Parameters<typeof typeOf>[1]) => schemas[nameOfReference(schema.$ref ?? '') ?? ''] ?? schema;
  return html`<section class="message">
${page.headingOf(3, 'message', name, name, 'message', html`<code>${name}</code>`)}
<p class="title">${page.words(title)}, <code>${contentType}</code></p>
${page.prose(summary)}
${correlationId === undefined ? '' : html`<p>Correlation id (<code>${correlationId.location}</code>): ${page.words(correlationId.description)}</p>`}
${
  payload === undefined
    ? ''
    : html`<p class="label">Body: ${typeOf(page, payload)}</p>
${fieldTable(page, `Fields of ${name}`, named(payload), (path) => `message-${name}.${path}`)}
${json(exampleOf(payload, schemas))}`
}
${
  headers === undefined
    ? ''
    : html`<p class="label">Headers: ${typeOf(page, headers)}</p>
${fieldTable(page, `Headers of ${name}`, named(headers), (path) => `message-${name}.headers.${path}`)}`
}
</section>
`;
}

function channelLink(page: Page, { $ref = '' }: Reference): Html {
  const name = $ref.split('/').at(-1) ?? '';
  const address = page.contracts.asyncapi.channels[name]?.address ?? name;
  return page.link('channel', name, html`<code>${joined(address.split(/(?<=\.)/), html`<wbr>`)}</code>`);
}
