import { randomUUID } from 'node:crypto';
import { settlesWithin } from '@dtq/core/clock.ts';
import type { Logger } from '@dtq/core/log.ts';
import {
  type Attributes,
  activeSpan,
  formatTraceparent,
  hexOf,
  parseTraceparent,
  type Span,
  type SpanKind,
  type SpanStart,
  type TraceContext,
  type Tracer,
} from '@dtq/core/tracing.ts';
import type { TracingConfig } from '@dtq/core/tracing-config.ts';
import {
  type Context,
  DiagLogLevel,
  diag,
  SpanKind as OtelKind,
  type Span as OtelSpan,
  type Tracer as OtelTracer,
  ROOT_CONTEXT,
  SpanStatusCode,
  TraceFlags,
  trace,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  type IdGenerator,
  ParentBasedSampler,
  RandomIdGenerator,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import type { RunningTelemetry } from './telemetry.ts';

// Spans of OpenTelemetry, gathered and sent by OTLP over HTTP. Only what is configured loads this file.

/** Spans that wait to be sent; beyond it they are dropped, for a collector that is away must not cost memory. */
const MOST_WAITING = 8192;
const SEND_EVERY_MS = 2000;
const SEND_MS = 5000;
const STOP_MS = 1500;

/** A collector that is away is one line in so many milliseconds. */
const COMPLAIN_EVERY_MS = 60_000;

const KINDS: Readonly<Record<SpanKind, OtelKind>> = {
  server: OtelKind.SERVER,
  client: OtelKind.CLIENT,
  producer: OtelKind.PRODUCER,
  consumer: OtelKind.CONSUMER,
  internal: OtelKind.INTERNAL,
};

export function startOtlp(
  { endpoint, headers, service, ratio }: TracingConfig & { readonly endpoint: string; readonly service: string },
  log: Logger,
): Pick<RunningTelemetry, 'tracer' | 'stop'> {
  complainTo(log);
  const ids = new Ids();
  const provider = new TracerProvider({
    idGenerator: ids,
    resource: resourceFromAttributes({ 'service.name': service, 'service.instance.id': randomUUID() }),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio) }),
    spanProcessors: [
      new BatchSpanProcessor({
        exporter: new OTLPTraceExporter({
          url: new URL('v1/traces', `${endpoint.replace(/\/+$/, '')}/`).href,
          headers: { ...headers },
          timeoutMillis: SEND_MS,
        }),
        maxQueueSize: MOST_WAITING,
        scheduledDelayMillis: SEND_EVERY_MS,
        exportTimeoutMillis: SEND_MS,
      }),
    ],
  });
  const tracer = new OtlpTracer(provider.getTracer('dtq'), ids);
  log.info({ service, ratio }, 'spans are sent by OTLP');
  return {
    tracer,
    stop: async () => {
      await settlesWithin(STOP_MS, provider.shutdown());
      diag.disable();
    },
  };
}

/** Random ids, but for the next trace where one is asked for. */
class Ids implements IdGenerator {
  readonly #random = new RandomIdGenerator();
  next: string | null = null;

  generateTraceId = (): string => {
    const { next } = this;
    this.next = null;
    return next ?? this.#random.generateTraceId();
  };
  generateSpanId = (): string => this.#random.generateSpanId();
}

class OtlpTracer implements Tracer {
  readonly #tracer: OtelTracer;
  readonly #ids: Ids;

  constructor(tracer: OtelTracer, ids: Ids) {
    this.#tracer = tracer;
    this.#ids = ids;
  }

  start({ name, kind, traceId, parent, attributes }: SpanStart): Span {
    const above = parent === undefined ? activeSpan() : undefined;
    const isBelow =
      above instanceof OtlpSpan && (above.isForeign || traceId === undefined || above.traceId === traceId);
    const context = isBelow ? above.span.spanContext() : remote(parseTraceparent(parent));
    const isRoot = context === null;
    // Asked for within the call, which nothing can come between.
    this.#ids.next = isRoot && traceId !== undefined ? hexOf(traceId) : null;
    const under: Context = isRoot ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, context);
    const span = this.#tracer.startSpan(
      name,
      {
        kind: KINDS[kind],
        // One that a trace of its own came of, such as a job of a batch, is tied to what made it.
        ...(isRoot && above instanceof OtlpSpan ? { links: [{ context: above.span.spanContext() }] } : {}),
        attributes: { ...attributes, ...(traceId === undefined ? {} : { 'dtq.trace_id': traceId }) },
      },
      under,
    );
    const isForeign = isBelow
      ? above.isForeign
      : !isRoot && traceId !== undefined && context.traceId !== hexOf(traceId);
    return new OtlpSpan(this, span, traceId, isForeign);
  }
}

class OtlpSpan implements Span {
  readonly tracer: Tracer;
  readonly span: OtelSpan;
  readonly traceId: string | undefined;
  readonly isForeign: boolean;

  constructor(tracer: Tracer, span: OtelSpan, traceId: string | undefined, isForeign: boolean) {
    this.tracer = tracer;
    this.span = span;
    this.traceId = traceId;
    this.isForeign = isForeign;
  }

  get traceparent(): string {
    const { traceId, spanId, traceFlags } = this.span.spanContext();
    return formatTraceparent({ traceId, spanId, isSampled: (traceFlags & TraceFlags.SAMPLED) !== 0 });
  }

  set(attributes: Attributes): void {
    this.span.setAttributes({ ...attributes });
  }

  fail(what: string): void {
    this.span.setAttribute('error.type', what);
    this.span.setStatus({ code: SpanStatusCode.ERROR, message: what });
  }

  end(): void {
    this.span.end();
  }
}

function remote(context: TraceContext | null) {
  if (context === null) return null;
  const { traceId, spanId, isSampled } = context;
  return { traceId, spanId, traceFlags: isSampled ? TraceFlags.SAMPLED : TraceFlags.NONE, isRemote: true };
}

/** What OpenTelemetry has to say of itself, seldom: a collector that is away is no fault of any job. */
function complainTo(log: Logger): void {
  let quietUntil = 0;
  const complain = (message: string): void => {
    const now = performance.now();
    if (now < quietUntil) return;
    quietUntil = now + COMPLAIN_EVERY_MS;
    log.warn({ reason: message.slice(0, 500) }, 'spans cannot be sent, and some are lost');
  };
  const silent = (): void => undefined;
  diag.setLogger(
    { error: complain, warn: complain, info: silent, debug: silent, verbose: silent },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  );
}
