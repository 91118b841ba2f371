import { NoReply, Unavailable } from '@dtq/core/errors.ts';
import { JsonRefused, parseJson } from '@dtq/core/json.ts';
import type { Logger } from '@dtq/core/log.ts';
import type { ProgressChannel } from '@dtq/core/ports.ts';
import { inOneLine, violations } from '@dtq/core/violations.ts';
import type { ProgressReply, ProgressRequest } from '@dtq/generated/schemas/types.ts';
import * as tolerant from '@dtq/generated/validators/tolerant.ts';
import type { Validator } from '@dtq/generated/validators/validator.ts';

const PART = 'rabbitmq';

type Respond = (request: ProgressRequest, traceparent?: string) => Promise<ProgressReply>;

/**
 * The progress channel, in this process. Questions and replies travel as text all the same, as over a broker: what does not
 * fit its schema is dropped and logged, and unknown fields do not pass.
 */
export class EmbeddedProgressChannel implements ProgressChannel {
  readonly #log: Logger;
  readonly #responders: Respond[] = [];
  /** What ends each question that is still open. */
  readonly #open = new Set<(error: Error) => void>();
  #turn = 0;
  #closed = false;

  constructor(log: Logger) {
    this.#log = log;
  }

  async ask(request: ProgressRequest, timeoutMs: number, traceparent?: string): Promise<ProgressReply> {
    await this.check();
    this.#turn += 1;
    const respond = this.#responders[this.#turn % this.#responders.length];
    if (respond === undefined) throw new Unavailable(PART, 'nobody is there to answer');
    const question = JSON.stringify(request);
    const { promise, resolve, reject } = Promise.withResolvers<ProgressReply>();
    const timer = setTimeout(() => reject(new NoReply(timeoutMs)), timeoutMs);
    this.#open.add(reject);
    this.#answer(respond, question, traceparent).then((reply) => {
      if (reply?.job_id === request.job_id) resolve(reply);
      else if (reply !== null)
        this.#log.warn(
          { job_id: request.job_id, answered_job_id: reply.job_id },
          'a reply speaks of another job, and is dropped',
        );
    }, reject);
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      this.#open.delete(reject);
    }
  }

  async answer(responder: Respond): Promise<() => Promise<void>> {
    await this.check();
    // One responder may be given twice; each is then ended by itself.
    const respond: Respond = (request, traceparent) => responder(request, traceparent);
    this.#responders.push(respond);
    return async () => {
      const index = this.#responders.indexOf(respond);
      if (index >= 0) this.#responders.splice(index, 1);
    };
  }

  /** Resolves while the backend is open. */
  async check(): Promise<void> {
    if (this.#closed) throw new Unavailable(PART, 'the backend is closed');
  }

  /** Ends every question that is still open. */
  close(): void {
    this.#closed = true;
    this.#responders.length = 0;
    for (const reject of [...this.#open]) reject(new Unavailable(PART, 'the backend is closed'));
  }

  /** The reply to a question, or null where there is none; why is in the log. */
  async #answer(respond: Respond, question: string, traceparent: string | undefined): Promise<ProgressReply | null> {
    const request = this.#read(question, tolerant.ProgressRequest, 'a progress question is dropped');
    if (request === null) return null;
    try {
      return this.#read(
        JSON.stringify(await respond(request, traceparent)),
        tolerant.ProgressReply,
        'a progress reply is dropped',
      );
    } catch (error) {
      this.#log.warn({ err: error, job_id: request.job_id }, 'a progress question gets no reply');
      return null;
    }
  }

  #read<T>(text: string, validate: Validator<T>, words: string): T | null {
    try {
      const value = parseJson(text);
      if (validate(value)) return value;
      this.#log.warn({ reason: inOneLine(violations(validate.errors, value)) }, words);
    } catch (error) {
      if (!(error instanceof JsonRefused)) throw error;
      this.#log.warn({ reason: error.message }, words);
    }
    return null;
  }
}
