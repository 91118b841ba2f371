import type { Logger } from '@dtq/core/log.ts';
import { Metrics } from '@dtq/core/metrics.ts';
import type { Telemetry } from '@dtq/core/telemetry.ts';
import { NO_TRACER } from '@dtq/core/tracing.ts';
import type { TracingConfig } from '@dtq/core/tracing-config.ts';

export interface RunningTelemetry extends Telemetry {
  /** Sends the spans that wait, in bounded time. Never rejects. */
  stop(): Promise<void>;
}

/**
 * What a program tells of itself: its metrics, and spans where the configuration says where they go. Where it does not,
 * nothing of OpenTelemetry is even loaded.
 */
export async function openTelemetry(config: TracingConfig, program: string, log: Logger): Promise<RunningTelemetry> {
  const metrics = new Metrics();
  metrics.watchProcess();
  const { endpoint, service } = config;
  if (endpoint === null) return { metrics, tracer: NO_TRACER, stop: async () => undefined };
  const { startOtlp } = await import('./otlp.ts');
  return { metrics, ...startOtlp({ ...config, endpoint, service: service ?? program }, log) };
}
