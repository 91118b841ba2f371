import { ConfigError } from './errors.ts';

/** Runs a program's main function. Bad configuration, and what a start may well meet, is one clear line each, not a stack. */
export async function runMain(name: string, main: () => Promise<void>): Promise<void> {
  try {
    await main();
  } catch (error) {
    const lines = error instanceof ConfigError ? error.lines : [explain(error)];
    for (const line of lines) process.stderr.write(`${name}: ${line}\n`);
    process.exit(1);
  }
}

function explain(error: unknown): string {
  const { code, address, hostname, port, message, name, stack } = error as NodeJS.ErrnoException & {
    hostname?: string;
    address?: string;
    port?: number;
  };
  if (code === 'EADDRINUSE')
    return `${address ?? ''}:${port} is taken by another program: stop it, or set API_ADDR to another address`;
  if (code === 'EACCES' && port !== undefined)
    return `${address ?? ''}:${port} may not be used by this user: set API_ADDR to a port above 1023`;
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return `${hostname ?? 'the host of API_ADDR'} is no name that resolves here: set API_ADDR to an address of this machine`;
  if (code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT')
    return `${address ?? ''} is no address of this machine: set API_ADDR to one that is`;
  if (name === 'StartError') return message;
  return stack ?? String(error);
}
