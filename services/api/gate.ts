import { isIP } from 'node:net';
import type { Clock } from '@dtq/core/clock.ts';
import { type ProblemAnswer, problem } from '@dtq/core/problem.ts';
import type { RequestHeaders } from '@dtq/core/request-body.ts';
import { OPERATIONS, type OperationId } from '@dtq/generated/rest/operations.ts';
import type { KeyHolder } from './api-keys.ts';
import { clientAddress } from './client-address.ts';
import { type ApiConfig, isLoopback } from './config.ts';
import { TokenBuckets } from './token-buckets.ts';

// Who may ask for what, and how often, before anything of a request is read. What needs no role (the health routes) passes:
// probes have no key, and must not be turned away for what others ask.

/** A request that was let in. */
export interface Admitted {
  readonly ok: true;
  /** The name of the caller's key; empty where no key is wanted. */
  readonly caller: string;
  /** Where it comes from. */
  readonly address: string;
  /** Counts it as so many requests more. */
  readonly charge: (requests: number) => void;
  /** Whether it would be let in still: a key may have been taken out, or lost the role, while its answer goes on. */
  readonly isStill: () => boolean;
}

/** One that was not; `caller` and `address` as far as they are known. */
export interface Refused extends Pick<Admitted, 'caller' | 'address'> {
  readonly ok: false;
  readonly answer: ProblemAnswer<'forbidden' | 'rate_limited'> | UnauthenticatedAnswer;
}

interface UnauthenticatedAnswer extends Omit<ProblemAnswer<'unauthenticated'>, 'headers'> {
  readonly headers: { readonly 'WWW-Authenticate': string };
}

/** What is looked at of a request. Names of headers are in lower case. */
export interface Asking {
  readonly operation: OperationId;
  readonly headers: RequestHeaders;
  /** The address at the other end of the connection; undefined where there is none, in a test. */
  readonly connection: string | undefined;
}

export class Gate {
  readonly #config: ApiConfig;
  readonly #buckets: TokenBuckets | null;
  /** The name that was found to be this machine's last: nearly every request comes by the same. */
  #ownHost = '';

  constructor(config: ApiConfig, clock: Clock) {
    this.#config = config;
    const { rateLimit: perSecond, rateBurst: burst } = config;
    this.#buckets = perSecond === 0 ? null : new TokenBuckets({ perSecond, burst, clock });
  }

  /** Lets a request in, or says why not. */
  enter({ operation, headers, connection }: Asking): Admitted | Refused {
    const { keys, trustedProxies } = this.#config;
    const { method, role } = OPERATIONS[operation];
    const address = clientAddress(connection, headers['x-forwarded-for'], trustedProxies);
    if (role === null) return { ok: true, caller: '', address, charge: () => undefined, isStill: () => true };
    const presented = /^Bearer +(?<key>\S+) *$/i.exec(headers['authorization'] ?? '')?.groups?.['key'];
    const find = (): KeyHolder | null => (keys === null || presented === undefined ? null : keys.find(presented));
    const holder = find();
    const caller = holder?.name ?? '';
    // No address has a space, so that no caller's name is one.
    const client = holder === null ? address : `key ${caller}`;
    const refused = (answer: Refused['answer']): Refused => ({ ok: false, caller, address, answer });
    const waitS = this.#buckets?.take(client) ?? 0;
    if (waitS > 0) return refused(this.#tooOften(waitS));
    if (keys !== null && holder === null) return refused(unauthenticated(presented === undefined));
    if (holder !== null && !holder.roles.has(role))
      return refused(problem('forbidden', { detail: `The key of ${caller} lacks the role ${role}.` }));
    if (method !== 'get' && this.#isForeign(headers))
      return refused(problem('forbidden', { detail: 'A page of another origin may not ask for this.' }));
    if (keys === null && this.#isRebound(headers['host']))
      return refused(
        problem('forbidden', { detail: 'Without keys the API is asked by the name of this machine alone.' }),
      );
    return {
      ok: true,
      caller,
      address,
      charge: (requests) => this.#buckets?.charge(client, requests),
      isStill: () => keys === null || find()?.roles.has(role) === true,
    };
  }

  /**
   * Where only this machine can ask, and may do everything, a page of any site could still have its own name lead here and so be
   * of our origin (DNS rebinding). It cannot choose the name by which it asks: that of this machine, a number, one of a listed
   * origin, or, where a proxy is declared, what the proxy lets through.
   */
  #isRebound(host: string | undefined): boolean {
    const { address, trustedProxies, corsOrigins } = this.#config;
    if (host === undefined || host === this.#ownHost || !isLoopback(address) || trustedProxies > 0) return false;
    const { hostname = '' } = URL.parse(`http://${host}`) ?? {};
    const isOwn =
      hostname === 'localhost' || hostname.endsWith('.localhost') || isIP(hostname.replace(/^\[|\]$/g, '')) !== 0;
    if (!isOwn && !corsOrigins.some((origin) => URL.parse(origin)?.host === host)) return true;
    this.#ownHost = host;
    return false;
  }

  /**
   * A page of another site can have a browser send what needs no preflight. Browsers say so (Fetch Metadata Request Headers,
   * section 2.4), behind a proxy too; other programs say nothing of the kind.
   */
  #isForeign(headers: Asking['headers']): boolean {
    const site = headers['sec-fetch-site'];
    if (site !== 'cross-site' && site !== 'same-site') return false;
    return !this.#config.corsOrigins.includes(headers['origin'] ?? '');
  }

  #tooOften(waitS: number): ProblemAnswer<'rate_limited'> {
    const { rateLimit, rateBurst } = this.#config;
    const detail = `A client may ask ${rateLimit} times a second, and ${rateBurst} times at once.`;
    return problem('rate_limited', { detail }, waitS);
  }
}

function unauthenticated(isMissing: boolean): UnauthenticatedAnswer {
  const detail = isMissing ? 'Send the key as Authorization: Bearer KEY.' : 'The key is none that is known here.';
  // RFC 6750, section 3.
  const challenge = isMissing ? 'Bearer realm="dtq"' : 'Bearer realm="dtq", error="invalid_token"';
  return { ...problem('unauthenticated', { detail }), headers: { 'WWW-Authenticate': challenge } };
}
