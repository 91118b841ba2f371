import type { RestOperation } from './documents.ts';
import type { SchemaSet } from './schema-set.ts';
import type { Source } from './source.ts';
import { SpecError, SpecErrors } from './spec-error.ts';
import type { JsonObject } from './specs.ts';

/** The type whose members are the roles that a key can have. */
const ROLE_TYPE = 'ApiRole';

type Security = readonly { readonly [scheme: string]: readonly string[] }[];

/** The role that a key must have for an operation; null for one that everybody may ask. */
export function roleOf({ definition }: RestOperation): string | null {
  const [, needed = {}] = definition['security'] as unknown as Security;
  return Object.values(needed)[0]?.[0] ?? null;
}

/** Holds what each operation needs to the schemes of the document and to the roles that there are. Throws SpecErrors. */
export function checkRoles(
  openapi: JsonObject,
  operations: readonly RestOperation[],
  source: Source,
  set: SchemaSet,
): void {
  const roles = (set.get(ROLE_TYPE)?.schema['enum'] ?? []) as readonly string[];
  const schemes = Object.keys(((openapi['components'] as JsonObject)['securitySchemes'] ?? {}) as JsonObject);
  const faults: SpecError[] = [];
  for (const { definition, pointer } of operations) {
    for (const [scheme, [role = '']] of Object.entries((definition['security'] as unknown as Security)[1] ?? {})) {
      const at = source.locate(`${pointer}/security/1/${scheme}`);
      if (!schemes.includes(scheme))
        faults.push(
          new SpecError(at, `there is no security scheme ${JSON.stringify(scheme)}; known: ${schemes.join(', ')}`),
        );
      else if (!roles.includes(role))
        faults.push(new SpecError(at, `there is no role ${JSON.stringify(role)}; known: ${roles.join(', ')}`));
    }
  }
  if (faults.length > 0) throw new SpecErrors(faults);
}
