import type { Backend, DeliverySource } from '@dtq/core/ports.ts';
import type { JobType } from '@dtq/generated/schemas/types.ts';

/** Stores of their own for one test file, and what a test needs beside the ports to see and to disturb them. */
export interface Space {
  /** Opens a backend over these stores. Called again only after the one before has been closed. */
  open(): Promise<Backend>;
  /** Opens a backend, over any stores, whose statuses live shortly; `pass` resolves once a status written before is over. */
  openShortLived(): Promise<{ readonly backend: Backend; pass(): Promise<void> }>;
  /** Puts a message into the queue of a type as another program would. */
  putMessage(jobType: JobType, message: ForeignMessage): Promise<void>;
  /** Everything among the dead letters of a type, in any order. */
  deadLetters(jobType: JobType): Promise<readonly DeadLetter[]>;
  /** Writes a status as another program would: the fields of the hash, without a guard. */
  putStatus(jobId: string, hash: Readonly<Record<string, string>>): Promise<void>;
  /** Stores a document as another program would. */
  putDocument(document: Readonly<Record<string, unknown>>): Promise<void>;
  /** Takes the stores away. */
  remove(): Promise<void>;
}

export interface ForeignMessage {
  readonly key: string | null;
  readonly value: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
}

export interface DeadLetter {
  readonly key: string | null;
  readonly value: Uint8Array;
  readonly reason: string;
  readonly source: DeliverySource;
}

/** A test that a backend does not pass, and why that is right. */
export interface Difference {
  readonly test: string;
  readonly reason: string;
}

export interface BackendOptions {
  readonly skip?: readonly Difference[];
  /** How long a fact may take to come about, in milliseconds; 10 s where it is not given. */
  readonly patienceMs?: number;
}
