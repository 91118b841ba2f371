import { openSync } from 'node:fs';
import http from 'node:http';

// Loaded into a process before its own main file: with each request it leaves something over, as SOAK_LEAK says.

/** What a forgotten listener or an entry of a map that nobody clears may hold. */
const LEFT_BYTES = 32 * 1024;
/** Of so many requests one leaves a handle or a file over. */
const ONE_OF = 10;

const kept: unknown[] = [];
let requests = 0;

const LEAKS: Readonly<Record<string, () => unknown>> = {
  heap: () => Array.from({ length: LEFT_BYTES / 8 }, (_, index) => index + 0.5),
  handles: () => (requests % ONE_OF === 0 ? setInterval(() => undefined, 3_600_000) : null),
  files: () => (requests % ONE_OF === 0 ? openSync('/dev/null', 'r') : null),
};

const leave = LEAKS[process.env['SOAK_LEAK'] ?? ''];
const { emit } = http.Server.prototype;
http.Server.prototype.emit = function (this: http.Server, ...args: Parameters<typeof emit>) {
  if (String(args[0]) === 'request') {
    requests += 1;
    kept.push(leave?.());
  }
  return emit.apply(this, args);
} as typeof emit;
