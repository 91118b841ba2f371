import type { ConfigReader } from '@dtq/core/config.ts';

export interface TracingConfig {
  /** Where spans go, such as http://127.0.0.1:4318; null for nowhere: then there are none. */
  readonly endpoint: string | null;
  /** Sent along with them. Secret. */
  readonly headers: Readonly<Record<string, string>>;
  /** Under which name they are shown; null for that of the program. */
  readonly service: string | null;
  /** The part of the traces that begin here which is kept, from 0 to 1; the others follow whoever began them. */
  readonly ratio: number;
}

/**
 * Reads OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_HEADERS, OTEL_SERVICE_NAME and OTEL_TRACES_SAMPLER_ARG, which mean
 * what OpenTelemetry says (https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/); the sampler
 * is always `parentbased_traceidratio`.
 */
export function readTracingConfig(reader: ConfigReader): TracingConfig {
  const isOn = reader.raw('OTEL_EXPORTER_OTLP_ENDPOINT') !== undefined;
  return {
    endpoint: isOn ? reader.url('OTEL_EXPORTER_OTLP_ENDPOINT', '') : null,
    headers: readHeaders(reader),
    service: reader.raw('OTEL_SERVICE_NAME') ?? null,
    ratio: readRatio(reader),
  };
}

function readHeaders(reader: ConfigReader): Readonly<Record<string, string>> {
  const pairs = (reader.raw('OTEL_EXPORTER_OTLP_HEADERS') ?? '').split(',').filter(Boolean);
  const found = pairs.map((pair) => /^\s*([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*=\s*([^\r\n]*?)\s*$/.exec(pair));
  const headers: Record<string, string> = {};
  for (const match of found) {
    const value = decoded(match?.[2] ?? '');
    if (match === null || value === null)
      reader.fault('OTEL_EXPORTER_OTLP_HEADERS', 'name=value pairs with commas between them, values percent-encoded');
    else headers[match[1] ?? ''] = value;
  }
  return headers;
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

function readRatio(reader: ConfigReader): number {
  const text = reader.text('OTEL_TRACES_SAMPLER_ARG', '1');
  const ratio = Number(text);
  if (/^\d(?:\.\d{1,9})?$/.test(text) && ratio <= 1) return ratio;
  reader.fault('OTEL_TRACES_SAMPLER_ARG', 'a number from 0 to 1');
  return 1;
}
