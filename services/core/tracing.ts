import { AsyncLocalStorage } from 'node:async_hooks';
import { JobFailure } from './errors.ts';

// Traces, by W3C's Trace Context (https://www.w3.org/TR/trace-context/). What is done on behalf of somebody is a span; the
// span that is being done is known to whatever it calls, and its `traceparent` goes along with messages. Without a tracer
// there are no spans, and nothing here costs more than a look at a field.
//
//   request (server) -> accept (producer) -> message -> process (consumer) -> attempt -> call of a provider (client)
//                                                            +-> store
//   request (server) -> ask (client) -> question -> answer (server) -> reply

export type SpanKind = 'server' | 'client' | 'producer' | 'consumer' | 'internal';
export type Attributes = Readonly<Record<string, string | number | boolean | undefined>>;

export interface SpanStart {
  /** Of few values: never with an id in it. */
  readonly name: string;
  readonly kind: SpanKind;
  /** The trace_id (a UUID) of what it is done for; its hex is the trace's id where the span is the first of its trace. */
  readonly traceId?: string | undefined;
  /**
   * The `traceparent` of whoever is above it elsewhere; null, or one that is malformed, for nobody. Where it is left out, that
   * is the span that is being done here, if it is of the same trace_id or of a trace that came from outside.
   */
  readonly parent?: string | null | undefined;
  readonly attributes?: Attributes;
}

export interface Span {
  readonly tracer: Tracer;
  /** For whoever goes on with it elsewhere. */
  readonly traceparent: string;
  /** The trace_id that it was started with. */
  readonly traceId: string | undefined;
  /** Whether its trace began with somebody else, under an id of theirs. */
  readonly isForeign: boolean;
  set(attributes: Attributes): void;
  /** Marks it as failed; `what` is a code or the name of an error, for messages of errors may hold anything. */
  fail(what: string): void;
  end(): void;
}

export interface Tracer {
  /** Starts a span, which is to be ended; null where nobody would see it, nor what comes of it. */
  start(start: SpanStart): Span | null;
}

const active = new AsyncLocalStorage<Span>();

/** The span that is being done; undefined for none. */
export function activeSpan(): Span | undefined {
  return active.getStore();
}

/** Does something as a span. It has failed where `work` rejects. */
export function traced<T>(tracer: Tracer, start: SpanStart, work: (span: Span | null) => Promise<T>): Promise<T> {
  const span = tracer.start(start);
  return span === null ? work(null) : active.run(span, () => ended(span, work));
}

/** As `traced`, for what is done on behalf of the span that is being done; without one, it is done alone. */
export function tracedHere<T>(start: SpanStart, work: (span: Span | null) => Promise<T>): Promise<T> {
  const above = active.getStore();
  return above === undefined ? work(null) : traced(above.tracer, { traceId: above.traceId, ...start }, work);
}

async function ended<T>(span: Span, work: (span: Span) => Promise<T>): Promise<T> {
  try {
    return await work(span);
  } catch (error) {
    span.fail(error instanceof JobFailure ? error.code : error instanceof Error ? error.name : typeof error);
    throw error;
  } finally {
    span.end();
  }
}

export interface TraceContext {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** 16 hexadecimal digits. */
  readonly spanId: string;
  readonly isSampled: boolean;
}

/** What a `traceparent` says; null for one that is malformed, which begins a new trace (section 4.3 of the recommendation). */
export function parseTraceparent(text: string | null | undefined): TraceContext | null {
  const match = /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/.exec(
    text ?? '',
  );
  // Version 00 ends with the flags; what a later one adds is not ours to understand.
  if (match === null || (match[1] === '00' && match[5] !== undefined)) return null;
  const [, , traceId = '', spanId = '', flags = ''] = match;
  return { traceId, spanId, isSampled: (Number.parseInt(flags, 16) & 1) === 1 };
}

export function formatTraceparent({ traceId, spanId, isSampled }: TraceContext): string {
  return `00-${traceId}-${spanId}-${isSampled ? '01' : '00'}`;
}

/** The trace id of W3C for a trace_id of ours. */
export function hexOf(traceId: string): string {
  return traceId.replaceAll('-', '').toLowerCase();
}

/** No tracer. What comes from outside is handed on as it is, so that those before and after stay together. */
export const NO_TRACER: Tracer = {
  start: ({ parent, traceId }) => {
    if (parent === undefined || parent === null) return null;
    const context = parseTraceparent(parent);
    return context === null ? null : new HandedOn(formatTraceparent(context), traceId);
  },
};

class HandedOn implements Span {
  readonly traceparent: string;
  readonly traceId: string | undefined;
  readonly isForeign = true;

  constructor(traceparent: string, traceId: string | undefined) {
    this.traceparent = traceparent;
    this.traceId = traceId;
  }

  /** What is done below it is nobody's: it has no spans. */
  get tracer(): Tracer {
    return NO_TRACER;
  }

  set(): void {}
  fail(): void {}
  end(): void {}
}
