import { Metrics } from './metrics.ts';
import { NO_TRACER, type Tracer } from './tracing.ts';

/** What a process tells of itself beside its log; one of each for a process. */
export interface Telemetry {
  readonly metrics: Metrics;
  readonly tracer: Tracer;
}

/** Counts for nobody, and no spans. */
export const NO_TELEMETRY: Telemetry = { metrics: new Metrics(), tracer: NO_TRACER };
