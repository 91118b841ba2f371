/** A call went onto no connection within its share of time. */
export class NotConnected extends Error {
  override name = 'NotConnected';
}

const NOT_RESOLVED = new Set(['ENOTFOUND', 'EAI_AGAIN', 'EAI_FAIL', 'EAI_NODATA', 'EAI_NONAME']);

// Said by connect(2). The first two may also end a connection that stood; `syscall` tells the two cases apart.
const NOT_CONNECTED = new Set([
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENETDOWN',
  'EHOSTDOWN',
  'EADDRNOTAVAIL',
  'EACCES',
  'EPERM',
  'ECONNREFUSED',
  'UND_ERR_CONNECT_TIMEOUT',
]);

interface SystemError {
  readonly code: string;
  readonly syscall?: unknown;
}

/**
 * Whether a rejected call never had a connection: no address, refused, no route, no answer to the connect. False for all
 * that happened on a connection. A call rejects with the system's error, or with an AggregateError of one for each address
 * that was tried; `fetch` with a TypeError that has it as its cause.
 */
export function neverConnected(error: unknown): boolean {
  if (error instanceof NotConnected) return true;
  const errors = systemErrors(error);
  return errors.length > 0 && errors.every(isNeverConnected);
}

/** What went wrong on the way, in plain words without hosts, to stand behind the name of a provider. */
export function transportWords(error: unknown): string {
  if (!neverConnected(error)) return 'broke off the connection';
  const codes = systemErrors(error).map(({ code }) => code);
  if (codes.some((code) => NOT_RESOLVED.has(code))) return 'could not be reached: its name could not be resolved';
  if (codes.includes('ECONNREFUSED')) return 'could not be reached: the connection was refused';
  return 'could not be reached: no connection came about';
}

function isNeverConnected({ code, syscall }: SystemError): boolean {
  return NOT_RESOLVED.has(code) || (NOT_CONNECTED.has(code) && syscall !== 'read' && syscall !== 'write');
}

function systemErrors(error: unknown): readonly SystemError[] {
  if (error instanceof AggregateError && error.errors.length > 0) return error.errors.flatMap(systemErrors);
  if (!(error instanceof Error)) return [];
  if ('code' in error && typeof error.code === 'string')
    return [{ code: error.code, syscall: 'syscall' in error ? error.syscall : undefined }];
  return systemErrors(error.cause);
}
