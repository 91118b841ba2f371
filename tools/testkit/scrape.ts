/** What `/metrics` says: each sample by its name and labels as they stand there, such as `dtq_workers` or `a{b="c"}`. */
export interface Scrape {
  readonly text: string;
  /** The names of all samples; those of a histogram with their endings. */
  readonly names: ReadonlySet<string>;
  /** The sum of the samples of a name whose labels contain these; undefined where there is none. */
  value(name: string, labels?: Readonly<Record<string, string>>): number | undefined;
}

/** Asks a program for its metrics; rejects where they are not answered with 200. */
export async function scrape(url: string): Promise<Scrape> {
  const response = await fetch(new URL('/metrics', url));
  if (response.status !== 200) throw new Error(`${url}/metrics answered ${response.status}`);
  const text = await response.text();
  const samples = text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map(readSample);
  return {
    text,
    names: new Set(samples.map(({ name }) => name)),
    value: (name, labels = {}) => {
      const found = samples.filter(
        (sample) =>
          sample.name === name && Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
      );
      return found.length === 0 ? undefined : found.reduce((sum, { value }) => sum + value, 0);
    },
  };
}

function readSample(line: string): { name: string; labels: Record<string, string>; value: number } {
  const match = /^([A-Za-z_:][\w:]*)(?:\{(.*)\})? (\S+)$/.exec(line);
  if (match === null) throw new Error(`no sample of the text format: ${line}`);
  const labels = [...(match[2] ?? '').matchAll(/([A-Za-z_]\w*)="((?:[^"\\]|\\.)*)"/g)];
  return {
    name: match[1] ?? '',
    labels: Object.fromEntries(labels.map(([, label = '', value = '']) => [label, value])),
    value: Number(match[3]),
  };
}
