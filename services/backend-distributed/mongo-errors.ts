/** The codes of the server's errors that mean something to us. */
export const DUPLICATE_KEY = 11_000;
export const VALIDATION_FAILED = 121;

/** Whether an insert failed for there is one with that id. */
export function isDuplicate(error: unknown): boolean {
  return (error as { code?: unknown } | null)?.code === DUPLICATE_KEY;
}
