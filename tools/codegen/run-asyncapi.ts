import path from 'node:path';

const [document, target] = process.argv.slice(2);
if (document === undefined || target === undefined) throw new Error('usage: run.ts DOCUMENT TARGET');
const { default: Generator } = await import('@asyncapi/generator');
try {
  await new Generator(path.join(import.meta.dirname, 'asyncapi'), target, { forceWrite: true }).generateFromFile(
    document,
  );
} catch (error) {
  const { diagnostics, validationErrors } = error as { diagnostics?: Fault[]; validationErrors?: Fault[] };
  const faults = (diagnostics ?? validationErrors ?? []).filter(
    (fault) => fault.severity === undefined || fault.severity === 0,
  );
  if (faults.length > 0)
    console.log(`DIAGNOSTICS ${JSON.stringify(faults.map(({ message, path: at }) => ({ message, path: at ?? [] })))}`);
  else console.error(error);
  process.exit(1);
}

interface Fault {
  message: string;
  path?: (string | number)[];
  severity?: number;
}
