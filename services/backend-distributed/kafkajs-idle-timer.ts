import { createRequire } from 'node:module';

// kafkajs 2.2.4 re-arms a timer for ever on every connection that once had to look at its request queue: with nothing
// pending and no throttling it computes a delay far below zero, which Node makes 1 ms of. An idle connection so costs some
// 3 % of a core, and Node 24 warns of each (TimeoutNegativeWarning). Nothing needs that timer while nothing is pending:
// whatever becomes pending schedules it by itself.

interface RequestQueue {
  readonly pending: readonly unknown[];
  scheduleCheckPendingRequests(): void;
}

const { prototype } = createRequire(import.meta.url)('kafkajs/src/network/requestQueue') as { prototype: RequestQueue };
const schedule = prototype.scheduleCheckPendingRequests;

prototype.scheduleCheckPendingRequests = function (this: RequestQueue): void {
  if (this.pending.length > 0) schedule.call(this);
};
