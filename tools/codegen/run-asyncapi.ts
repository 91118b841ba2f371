import path from 'node:path';
import Generator from '@asyncapi/generator';

// The process of emit/messaging.ts: loads the generator, waits for one document, writes what its template gives, and ends.

interface Fault {
  message: string;
  path?: (string | number)[];
  severity?: number;
}

process.once('message', async ({ document, target }: { document: string; target: string }) => {
  try {
    const template = path.join(import.meta.dirname, 'asyncapi');
    await new Generator(template, target, { forceWrite: true }).generateFromFile(document);
    process.exit(0);
  } catch (error) {
    const { diagnostics, validationErrors } = error as { diagnostics?: Fault[]; validationErrors?: Fault[] };
    const faults = (diagnostics ?? validationErrors ?? []).filter(({ severity = 0 }) => severity === 0);
    const told = JSON.stringify(faults.map(({ message, path: at = [] }) => ({ message, path: at })));
    process.stdout.write(faults.length > 0 ? `DIAGNOSTICS ${told}\n` : `${(error as Error).stack}\n`, () =>
      process.exit(1),
    );
  }
});
