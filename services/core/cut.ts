/** At most so many UTF-16 units of a text, never half of a surrogate pair: no store and no reader takes such a half. */
export function cut(text: string, most: number): string {
  if (text.length <= most) return text;
  return text.slice(0, most).replace(/[\uD800-\uDBFF]$/, '');
}
