import { OPERATIONS } from '@dtq/generated/rest/operations.ts';

/** Which methods the paths of the contract take: a path that is asked for with another one is not unknown. */
export class OtherMethods {
  readonly #paths: readonly { readonly pattern: RegExp; readonly allowed: string }[];

  constructor() {
    const operations = Map.groupBy(Object.values(OPERATIONS), ({ path }) => path);
    this.#paths = [...operations].map(([path, of]) => {
      const methods = of.map(({ method }) => method.toUpperCase());
      if (methods.includes('GET')) methods.push('HEAD');
      return { pattern: patternOf(path), allowed: methods.join(', ') };
    });
  }

  /** What a path takes, as `Allow` has it; undefined for a path that is in no contract. */
  of(path: string): string | undefined {
    return this.#paths.find(({ pattern }) => pattern.test(path))?.allowed;
  }
}

/** "/v1/jobs/{job_id}" -> "/v1/jobs/:job_id"; a colon of the path itself also as clients write it that encode every segment. */
export function honoPaths(path: string): string[] {
  const encodings = path.includes(':') ? [':', '%3A', '%3a'] : [':'];
  return encodings.map((colon) => path.replaceAll(':', colon).replace(/\{([^}]+)\}/g, ':$1'));
}

function patternOf(path: string): RegExp {
  const source = path
    .replace(/[.*+?^$()|[\]\\]/g, '\\$&')
    .replaceAll(':', '(?::|%3A|%3a)')
    .replace(/\{[^}]+\}/g, '[^/]+');
  return new RegExp(`^${source}$`);
}
