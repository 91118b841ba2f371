/** The line that tells a job from others: the page's summary with each {field} replaced by the payload's value. */
export function jobSummary(template: string, payload: object): string {
  const given = new Map<string, unknown>(Object.entries(payload));
  return template.replace(/\{(\w+)\}/g, (_, name: string) => String(given.get(name) ?? '')).trim();
}
