import { type Backend, PARTS, type Part } from './ports.ts';

/** A part that has not answered by then counts as one that does not answer, so that it cannot hang the asker. */
export const CHECK_TIMEOUT_MS = 1500;

/** Asks every part at once whether it answers; never rejects. */
export async function checkParts(checks: Backend['checks']): Promise<{ [P in Part]: boolean }> {
  const answers = await Promise.all(
    PARTS.map(async (part) => [part, await answersWithin(CHECK_TIMEOUT_MS, checks[part])] as const),
  );
  return Object.fromEntries(answers) as { [P in Part]: boolean };
}

/** Whether a part answers within `ms`; never rejects. */
export async function answersWithin(ms: number, check: () => Promise<void>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, ms, false);
  });
  const answer = check().then(
    () => true,
    () => false,
  );
  return Promise.race([answer, late]).finally(() => clearTimeout(timer));
}
