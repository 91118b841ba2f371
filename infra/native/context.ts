import type { Progress } from '../progress.ts';
import type { MongoKind } from '../record.ts';
import type { Secrets } from '../secrets.ts';
import type { Settings } from '../settings.ts';
import type { PortName, ServerName } from '../stack.ts';
import type { Launch } from './server-process.ts';

/** What every step of the native road knows. */
export interface Context {
  readonly settings: Settings;
  readonly secrets: Secrets;
  readonly progress: Progress;
  readonly mongodb: MongoKind;
}

/** One server of the native road: what it needs, how its data folder is made, how it is started and stopped. */
export interface NativeServer {
  readonly name: ServerName;
  /** What it listens on. */
  readonly ports: readonly PortName[];
  /** The server that must be ready before this one starts. */
  readonly after?: ServerName;
  /** The signal that ends it in order. */
  readonly stopSignal: NodeJS.Signals;
  /** Milliseconds that it may take to stop in order, and to become ready. */
  readonly stopMs: number;
  readonly startMs: number;
  /** Packages of Debian that are missing; an inner list names alternatives, best first. */
  missing(context: Context): Promise<readonly (readonly string[])[]>;
  /** Downloads, builds and makes the data folder; quick and without effect when that has been done. */
  prepare(context: Context): Promise<void>;
  launch(context: Context): Promise<Launch>;
}
