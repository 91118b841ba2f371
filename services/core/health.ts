import { type Backend, PARTS, type Part } from './ports.ts';

/** A part that has not answered by then counts as one that does not answer, so that it cannot hang the asker. */
const CHECK_TIMEOUT_MS = 1500;

/** Asks every part at once whether it answers; never rejects. */
export async function checkParts(checks: Backend['checks']): Promise<{ [P in Part]: boolean }> {
  const answers = await Promise.all(PARTS.map(async (part) => [part, await isAnswering(checks[part])] as const));
  return Object.fromEntries(answers) as { [P in Part]: boolean };
}

async function isAnswering(check: () => Promise<void>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, CHECK_TIMEOUT_MS, false);
  });
  const answer = check().then(
    () => true,
    () => false,
  );
  return Promise.race([answer, late]).finally(() => clearTimeout(timer));
}
