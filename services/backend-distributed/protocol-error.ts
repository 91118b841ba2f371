/** The name of what a broker answered, somewhere in an error's causes; undefined where no broker answered. */
export function protocolError(error: unknown): string | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const { name, type } = cause as { name: string; type?: unknown };
    if (name === 'KafkaJSProtocolError' && typeof type === 'string') return type;
  }
  return undefined;
}
