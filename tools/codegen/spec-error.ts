/** Where in specs/ something stands: 1-based line and column, and the JSON pointer within the file. */
export interface Place {
  file: string;
  line: number;
  column: number;
  pointer: string;
}

/** A fault of the specs. Its message is one line: where, what is wrong, and what would be right. */
export class SpecError extends Error {
  override name = 'SpecError';
  readonly place: Place;

  constructor(place: Place, text: string) {
    const at = place.pointer === '' ? '' : ` at ${place.pointer}`;
    super(`${place.file}:${place.line}:${place.column}${at}: ${text}`);
    this.place = place;
  }
}

/** Several faults found in one pass; the message has a line for each. */
export class SpecErrors extends Error {
  override name = 'SpecErrors';

  constructor(errors: readonly SpecError[]) {
    super(errors.map((error) => error.message).join('\n'));
  }
}
