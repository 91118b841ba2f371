import type { Json } from '../../codegen/specs.ts';

/** One way in which an instance of a writer's schema may be none of a reader's. */
export interface Fault {
  /** Where in the instance: the names of fields, and `*` for the items of an array. */
  readonly path: readonly string[];
  /** The nearest named type that it stands in, and where in that; undefined above every named type. */
  readonly place: { readonly type: string; readonly path: readonly string[] } | undefined;
  readonly keyword: string;
  readonly text: string;
  /** An instance of the whole writer's schema that has the fault; undefined where none could be made. */
  readonly witness: Json | undefined;
}

export function fault(keyword: string, text: string, witness: Json | undefined): Fault {
  return { path: [], place: undefined, keyword, text, witness };
}

export function shown(value: Json): string {
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}... (${text.length} characters)` : text;
}

/** Some values, or how many they are where they are many. */
export function list(values: readonly Json[]): string {
  return values.length > 6 ? `one of ${values.length} known values` : values.map(shown).join(', ');
}
