import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import older from './older-schemas.json' with { type: 'json' };

export interface Reading {
  readonly faults: readonly unknown[];
  /** The value as the reader has it. */
  readonly read: unknown;
}

/**
 * A reader of the release before attempts were a record, made anew from the schemas that it had. A tolerant one takes away
 * what it does not know, as every reader of ours does; a strict one refuses it, as another program's may.
 */
export function olderReader(
  name: keyof (typeof older)['$defs'],
  manner: 'tolerant' | 'strict',
): (value: unknown) => Reading {
  const ajv = new Ajv2020({ allErrors: true, strict: false, removeAdditional: manner === 'tolerant' });
  (addFormats as unknown as (ajv: Ajv2020) => void)(ajv);
  const validate = ajv.addSchema(older, 'older').compile({ $ref: `older#/$defs/${name}` });
  return (value) => {
    const read: unknown = structuredClone(value);
    return { faults: validate(read) ? [] : (validate.errors ?? []), read };
  };
}
