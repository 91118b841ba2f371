import type { Json } from '../../codegen/specs.ts';

/** One way in which an instance of a writer's schema may be none of a reader's. */
export interface Fault {
  /** Where in the instance: the names of fields, and `*` for the items of an array. */
  readonly path: readonly string[];
  /** The nearest named type that it stands in, and where in that; undefined above every named type. */
  readonly place: { readonly type: string; readonly path: readonly string[] } | undefined;
  readonly keyword: string;
  readonly text: string;
  /** Makes an instance of the whole writer's schema that has the fault; gives undefined where none could be made. */
  readonly witness: () => Json | undefined;
}

export function fault(keyword: string, text: string, witness: Json | undefined | (() => Json | undefined)): Fault {
  const make = typeof witness === 'function' ? witness : (): Json | undefined => witness;
  return { path: [], place: undefined, keyword, text, witness: once(make) };
}

/** A fault of a part as one of the whole: `wrap` makes an instance of the whole around one of the part. */
export function wrapped(inner: Fault, name: string | undefined, wrap: (part: Json) => Json | undefined): Fault {
  const witness = once(() => {
    const part = inner.witness();
    return part === undefined ? undefined : wrap(part);
  });
  return { ...inner, path: name === undefined ? inner.path : [name, ...inner.path], witness };
}

/** Calls a function when it is first needed, and never again. */
function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

export function shown(value: Json): string {
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}... (${text.length} characters)` : text;
}

/** Some values, or how many they are where they are many. */
export function list(values: readonly Json[]): string {
  return values.length > 6 ? `one of ${values.length} known values` : values.map(shown).join(', ');
}
