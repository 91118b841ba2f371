import type { Clock } from '@dtq/core/clock.ts';
import type { Logger } from '@dtq/core/log.ts';
import type { Backend } from '@dtq/core/ports.ts';
import type { Telemetry } from '@dtq/core/telemetry.ts';
import type { OperationId, Parameters, RequestBody, Response } from '@dtq/generated/rest/operations.ts';
import type { Backlog } from './backlog.ts';
import type { ApiConfig } from './config.ts';
import type { LiveClients } from './live-clients.ts';

/** What a route has beside its request. */
export interface ApiContext extends Omit<Backend, 'close'> {
  /** Whether the backend takes jobs of other priorities than `normal`. */
  readonly takesPriorities: boolean;
  readonly config: ApiConfig;
  /** Those who wait for what becomes of a job. */
  readonly clients: LiveClients;
  /** How many jobs may wait. */
  readonly backlog: Backlog;
  readonly clock: Clock;
  readonly log: Logger;
  readonly telemetry: Telemetry;
  /** False before everything has started, and from the moment a stop is asked for. */
  readonly isTakingWork: () => boolean;
}

/** A request that has passed the contract's validators. */
export interface RouteRequest<Op extends OperationId> extends Parameters<Op> {
  readonly body: RequestBody<Op>;
  /** A fresh UUID v4 for this request; a submitted job takes it along. */
  readonly traceId: string;
  /** The name of the caller's key; empty where no key is wanted. */
  readonly caller: string;
  /** Counts the request as so many more, to the one who asks too often. */
  readonly charge: (requests: number) => void;
  readonly log: Logger;
  /** Aborted when the client is gone, and when the answer took too long. */
  readonly signal: AbortSignal;
  /** Gives the answer so much more time than every request has, from now on; in milliseconds. */
  readonly extendTime: (ms: number) => void;
}

/** Answers one operation with one of the answers that the contract allows it; any other does not compile. */
export type Route<Op extends OperationId> = (request: RouteRequest<Op>, context: ApiContext) => Promise<Response<Op>>;
