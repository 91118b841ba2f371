import { appendFileSync, readdirSync } from 'node:fs';
import type { Sample } from './sample.ts';

// Loaded into a process before its own main file (NODE_OPTIONS): on SIGUSR2 it writes what the process holds after a garbage
// collection, as a line of SOAK_PROBE_FILE. It keeps nothing alive, and the process knows nothing of it.

const file = process.env['SOAK_PROBE_FILE'] ?? '';

process.on('SIGUSR2', () => {
  globalThis.gc?.();
  const { heapUsed, external, rss } = process.memoryUsage();
  const handles: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo()) handles[kind] = (handles[kind] ?? 0) + 1;
  const sample: Sample = {
    at: Date.now(),
    heap_bytes: heapUsed + external,
    rss_bytes: rss,
    handles,
    fds: readdirSync('/proc/self/fd').length,
  };
  appendFileSync(file, `${JSON.stringify(sample)}\n`);
});
