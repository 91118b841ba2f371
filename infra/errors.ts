/** A failure that the user can do something about: its message is one line and says what. */
export class InfraError extends Error {
  override readonly name = 'InfraError';
}

/** The text of whatever was thrown. */
export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '' && error.errors.length > 0) {
    return messageOf(error.errors[0]);
  }
  return error instanceof Error ? error.message : String(error);
}
