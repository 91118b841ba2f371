/** At most so many UTF-16 units of a text, never half of a surrogate pair: no store and no reader takes such a half. */
export function cut(text: string, most: number): string {
  if (text.length <= most) return text;
  return text.slice(0, most).replace(/[\uD800-\uDBFF]$/, '');
}

/** A text as a message quotes it, in at most 60 UTF-16 units. */
export function shortened(text: string): string {
  return text.length > 60 ? `${cut(text, 57)}...` : text;
}
