/** An answer lacks something or has it in another form; the message names the place, for people. */
export class WrongShape extends Error {
  override name = 'WrongShape';
}

export interface NumberBounds {
  readonly minimum: number;
  readonly maximum: number;
  /** Whether only whole numbers will do. */
  readonly whole?: boolean;
}

/**
 * A place in somebody else's JSON, to be read one field at a time. Readers throw WrongShape with the path of the field.
 * No text of the other side goes into a message: it may be long, or secret.
 */
export class JsonField {
  readonly #value: unknown;
  readonly #path: string;

  constructor(value: unknown, path = '') {
    this.#value = value;
    this.#path = path;
  }

  /** Whether there is anything but null. */
  get present(): boolean {
    return this.#value !== undefined && this.#value !== null;
  }

  /** The field of an object, which may be absent. */
  field(name: string): JsonField {
    if (kindOf(this.#value) !== 'an object') throw this.#wrong('an object');
    const value = Object.getOwnPropertyDescriptor(this.#value, name)?.value;
    return new JsonField(value, this.#path === '' ? name : `${this.#path}.${name}`);
  }

  items(): readonly JsonField[] {
    if (!Array.isArray(this.#value)) throw this.#wrong('an array');
    return this.#value.map((item, index) => new JsonField(item, `${this.#path}[${index}]`));
  }

  /** A text, of at most as many characters as are given. */
  text(longest = Number.POSITIVE_INFINITY): string {
    if (typeof this.#value !== 'string') throw this.#wrong('a text');
    if (this.#value.length > longest)
      throw new WrongShape(`${this.#path} has ${this.#value.length} characters, more than ${longest}`);
    return this.#value;
  }

  /** A text that matches a pattern; `takes` says in words what that is. */
  matching(pattern: RegExp, takes: string, longest?: number): string {
    const text = this.text(longest);
    if (!pattern.test(text)) throw new WrongShape(`${this.#path} is not ${takes}`);
    return text;
  }

  /** A text that says something, or undefined where it is absent, null or blank. */
  textIfAny(longest?: number): string | undefined {
    const text = this.present ? this.text(longest).trim() : '';
    return text === '' ? undefined : text;
  }

  /** A finite number within bounds, both included. */
  number({ minimum, maximum, whole = false }: NumberBounds): number {
    const value = this.#value;
    if (typeof value !== 'number') throw this.#wrong('a number');
    if (!(value >= minimum && value <= maximum) || (whole && !Number.isInteger(value))) {
      const takes = `${whole ? 'a whole number ' : ''}from ${minimum} to ${maximum}`;
      throw new WrongShape(`${this.#path} is ${value}, not ${takes}`);
    }
    return value;
  }

  #wrong(wanted: string): WrongShape {
    const where = this.#path === '' ? 'the whole' : this.#path;
    return new WrongShape(
      `${where} is ${this.#value === undefined ? 'missing' : `${kindOf(this.#value)}, not ${wanted}`}`,
    );
  }
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object') return 'an object';
  return typeof value === 'string' ? 'a text' : `a ${typeof value}`;
}
