// A list of steps, each of which holds what is there against what must be, and shows what it saw. It knows nothing of dtq.

/** What a step saw: a value under a name, or a picture in a file beside the report. */
export type Evidence =
  | { readonly label: string; readonly value: unknown }
  | { readonly label: string; readonly picture: string };

/** What a step tells while it runs. */
export interface Notes {
  /** Keeps a value as evidence, as it is now. */
  show(label: string, value: unknown): void;
  /** Keeps a picture; `file` is its path. */
  picture(label: string, file: string): void;
  /** Says what is waited for. */
  doing(what: string): void;
}

export interface Step<Ground> {
  /** Short and stable: other steps need it by this name. */
  readonly id: string;
  readonly title: string;
  /** Steps without which this one cannot tell anything: where one of them failed it fails too, and is not tried. */
  readonly needs?: readonly string[];
  /** Does it and throws where something is not as it must be; gives in a few words what was found. */
  readonly run: (ground: Ground, notes: Notes) => Promise<string>;
}

export interface StepResult {
  readonly id: string;
  readonly title: string;
  readonly passed: boolean;
  /** What was found, or why it failed. */
  readonly words: string;
  readonly evidence: readonly Evidence[];
  readonly seconds: number;
}

export interface Watcher {
  onStart(title: string): void;
  onDoing(what: string): void;
  onResult(result: StepResult): void;
}

/** No step takes longer, in milliseconds; each wait within one has a limit of its own, far below. */
const STEP_LIMIT_MS = 240_000;

/**
 * Runs the steps one after the other, all of them whatever fails; `signal` ends the step that runs, and no further one is
 * tried. Never rejects.
 */
export async function runSteps<Ground>(
  steps: readonly Step<Ground>[],
  ground: Ground,
  watcher: Watcher,
  signal: AbortSignal,
): Promise<StepResult[]> {
  const results: StepResult[] = [];
  for (const step of steps) {
    const missing = (step.needs ?? []).find((id) => results.some((one) => one.id === id && !one.passed));
    const excuse = signal.aborted
      ? 'not tried: interrupted'
      : missing === undefined
        ? undefined
        : `not tried: it needs "${steps.find(({ id }) => id === missing)?.title}"`;
    const result = excuse === undefined ? await runStep(step, ground, watcher, signal) : untried(step, excuse);
    results.push(result);
    watcher.onResult(result);
  }
  return results;
}

/** Runs one step; never rejects. */
export async function runStep<Ground>(
  step: Step<Ground>,
  ground: Ground,
  watcher: Watcher,
  signal?: AbortSignal,
): Promise<StepResult> {
  const evidence: Evidence[] = [];
  const began = performance.now();
  const end = (passed: boolean, words: string): StepResult => ({
    id: step.id,
    title: step.title,
    passed,
    words,
    evidence: [...evidence],
    seconds: (performance.now() - began) / 1000,
  });
  const notes: Notes = {
    show: (label, value) => void evidence.push({ label, value: structuredClone(value) }),
    picture: (label, picture) => void evidence.push({ label, picture }),
    doing: (what) => watcher.onDoing(what),
  };
  watcher.onStart(step.title);
  const limits = [AbortSignal.timeout(STEP_LIMIT_MS), ...(signal === undefined ? [] : [signal])];
  const limit = AbortSignal.any(limits);
  const cut = new Promise<never>((_, reject) => {
    const stop = (): void => reject(new Error(signal?.aborted === true ? 'interrupted' : 'it came to no end'));
    limit.addEventListener('abort', stop, { once: true });
  });
  try {
    return end(true, await Promise.race([step.run(ground, notes), cut]));
  } catch (error) {
    return end(false, reasonOf(error));
  }
}

function untried<Ground>({ id, title }: Step<Ground>, words: string): StepResult {
  return { id, title, passed: false, words, evidence: [], seconds: 0 };
}

/** An error and what it came of. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error ? `: ${error.cause.message}` : '';
  return `${error.message}${cause}`;
}
