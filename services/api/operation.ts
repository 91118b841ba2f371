import { randomUUID } from 'node:crypto';
import type { Logger } from '@dtq/core/log.ts';
import { invalid, problem } from '@dtq/core/problem.ts';
import type { RequestHeaders } from '@dtq/core/request-body.ts';
import { violations } from '@dtq/core/violations.ts';
import { BODIES } from '@dtq/generated/rest/bodies.ts';
import { EVENT_STREAM, OPERATIONS, type OperationId } from '@dtq/generated/rest/operations.ts';
import { PARAMETERS } from '@dtq/generated/rest/parameters.js';
import { audit, isAudited } from './audit.ts';
import { readBody } from './body.ts';
import type { Gate } from './gate.ts';
import { observer } from './observe-request.ts';
import { RequestLife } from './request-life.ts';
import { type AnyAnswer, type ApiHono, faultAnswer, faultProblem, respond, respondWithEvents } from './respond.ts';
import type { ApiContext, RouteRequest } from './route.ts';

/** A route, whose types have proved which answers there can be. */
export type AnyRoute = (request: object, context: ApiContext) => Promise<AnyAnswer>;

/** How one operation of the contract is answered: let in, held to the contract, done within its time, told of. */
export function handlerOf(
  id: OperationId,
  route: AnyRoute,
  context: ApiContext,
  gate: Gate,
): (c: ApiHono) => Promise<Response> {
  const rule = BODIES[id];
  const { maxBodyBytes, maxBatchBytes, requestTimeoutMs } = context.config;
  const maxBytes = id === 'submitJobs' ? maxBatchBytes : maxBodyBytes;
  const required = OPERATIONS[id].requestBody?.required ?? false;
  const observe = observer(id, context);

  const answerTo = async (
    c: ApiHono,
    headers: RequestHeaders,
    life: RequestLife,
    traceId: string,
  ): Promise<AnyAnswer> => {
    // One child a request: each costs as much as a line.
    const log = context.log.child({ trace_id: traceId, operation: id });
    const path = c.req.param() as Record<string, string>;
    const admission = gate.enter({ operation: id, headers, connection: c.env?.address });
    const { caller, address } = admission;
    let sent: unknown;
    const note = (answer: AnyAnswer): void => audit(log, { operation: id, caller, address, path, body: sent, answer });
    if (!admission.ok) {
      note(admission.answer);
      return admission.answer;
    }
    const parameters = { path, query: queryOf(c), header: headers };
    const validate = PARAMETERS[id];
    if (!validate(parameters)) {
      const answer = invalid(violations(validate.errors, parameters, '#'));
      note(answer);
      return answer;
    }
    let isReading = rule !== null;
    const answering = async (): Promise<AnyAnswer> => {
      if (rule !== null) {
        const read = await readBody(c.req.raw, rule, { headers, maxBytes, required });
        isReading = false;
        if (!read.ok) return read.problem;
        sent = read.body;
      }
      const { charge } = admission;
      const request = new HeldRequest({ ...parameters, body: sent, traceId, caller, charge, log }, life);
      return await route(request, context);
    };
    const answered = answering();
    let isUnread = false;
    // What fails was perhaps done in part, and what comes too late may yet be done: neither goes without its line.
    if (isAudited(id)) {
      answered.then(
        (answer) => isUnread || note(answer),
        (error: unknown) => isUnread || note(faultProblem(error)),
      );
    }
    const answer = (await life.within(answered)) ?? tooLate(isReading, life.limitMs);
    if (isReading) {
      isUnread = true;
      note(answer);
    }
    return answer.type === EVENT_STREAM ? { ...answer, isStill: admission.isStill } : answer;
  };

  return async (c) => {
    const asked = { traceId: randomUUID(), log: context.log };
    const headers = headersOf(c);
    const life = new RequestLife(c.req.raw, requestTimeoutMs);
    const answer = await observe({ traceId: asked.traceId, headers }, async () => {
      try {
        return await answerTo(c, headers, life, asked.traceId);
      } catch (error) {
        return faultAnswer(error, c.req.url, asked);
      }
    });
    return answer.type === EVENT_STREAM
      ? respondWithEvents(c, answer, life.signal, context, asked)
      : respond(c, answer, asked);
  };
}

// Which parameters and which body it is, the validators of its operation have said.
type Given = Record<'path' | 'query' | 'header', object> & { readonly body: unknown } & Pick<
    RouteRequest<OperationId>,
    'traceId' | 'caller' | 'charge' | 'log'
  >;

/**
 * A request that has been held to the contract. A class, for an object literal with a getter of its own is a hidden class of
 * its own, which keeps all that belongs to the request until the next full garbage collection.
 */
class HeldRequest implements Given {
  readonly path: object;
  readonly query: object;
  readonly header: object;
  readonly body: unknown;
  readonly traceId: string;
  readonly caller: string;
  readonly charge: Given['charge'];
  readonly log: Logger;
  readonly #life: RequestLife;

  constructor({ path, query, header, body, traceId, caller, charge, log }: Given, life: RequestLife) {
    this.path = path;
    this.query = query;
    this.header = header;
    this.body = body;
    this.traceId = traceId;
    this.caller = caller;
    this.charge = charge;
    this.log = log;
    this.#life = life;
  }

  get signal(): AbortSignal {
    return this.#life.signal;
  }

  get extendTime(): (ms: number) => void {
    return this.#life.extend;
  }
}

// As Node has read them; to make Headers of them, and a record of those, costs as much as the rest of a request.
function headersOf(c: ApiHono): RequestHeaders {
  return c.env?.headers ?? c.req.header();
}

/** Each parameter; of one that is given several times all values. */
function queryOf(c: ApiHono): Record<string, string | string[] | undefined> {
  if (!c.req.url.includes('?')) return {};
  const entries = Object.entries(c.req.queries());
  return Object.fromEntries(entries.map(([name, values]) => [name, values.length === 1 ? values[0] : values]));
}

/** What is answered when the time is over: whose fault it is shows in whether the body had arrived by then. */
function tooLate(isReading: boolean, limitMs: number): AnyAnswer {
  if (!isReading) return problem('request_timeout', { detail: `The answer took longer than ${limitMs} ms.` });
  const answer = problem('request_too_slow', { detail: `The body did not arrive within ${limitMs} ms.` });
  // What is still to come of it is not read.
  return { ...answer, headers: { Connection: 'close' } };
}
