import { Unavailable } from '@dtq/core/errors.ts';
import type { Part } from '@dtq/core/ports.ts';
import { AUSTIN } from '@dtq/testkit/held-handler.ts';

/** The body of a job that every test may submit. */
export const JOB = { job_type: 'weather', payload: AUSTIN } as const;

/** A request with a JSON body. */
export function post(body: unknown, headers: Readonly<Record<string, string>> = {}): RequestInit {
  return { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) };
}

/** A member of a port that is down. */
export function down(part: Part): () => Promise<never> {
  return () => Promise.reject(new Unavailable(part, 'is down'));
}

/** A port that answers as another one does, but for some members. */
export function instead<P extends object>(port: P, members: Partial<P>): P {
  return new Proxy(port, {
    get: (target, name) => {
      if (Object.hasOwn(members, name)) return Reflect.get(members, name);
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

/** A time so far from now. */
export function inMs(ms: number): string {
  return new Date(Date.now() + ms).toISOString();
}
