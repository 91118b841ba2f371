import type { Clock } from '@dtq/core/clock.ts';
import type { Backend } from '@dtq/core/ports.ts';
import type { ResponderId, Responders } from '@dtq/generated/messaging/channels.ts';

/** What a responder has beside the question. */
export interface ResponderContext extends Pick<Backend, 'statuses' | 'results' | 'queue' | 'schedule' | 'openJobs'> {
  readonly clock: Clock;
}

/** Answers one kind of question. A rejection means no reply, and the asker's deadline ends its wait. */
export type Responder<Id extends ResponderId> = (
  request: Responders[Id]['request'],
  context: ResponderContext,
) => Promise<Responders[Id]['reply']>;
