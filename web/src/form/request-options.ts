import type { JobPriority } from '@dtq/generated/schemas/types.ts';
import { utcOf } from '../time/time-text.ts';

export const DELAY_UNITS = { s: 'seconds', m: 'minutes', h: 'hours', d: 'days' } as const;

export type DelayUnit = keyof typeof DELAY_UNITS;

/** What a form asks for beside the payload. Times are local, as their fields have them; empty is not asked for. */
export interface RequestOptions {
  readonly when: 'now' | 'after' | 'at';
  readonly delay: string;
  readonly delayUnit: DelayUnit;
  readonly runAt: string;
  readonly expiresAt: string;
  readonly priority: JobPriority;
}

export const PLAIN: RequestOptions = {
  when: 'now',
  delay: '5',
  delayUnit: 'm',
  runAt: '',
  expiresAt: '',
  priority: 'normal',
};

/** The members of a request that options make. What is plain is left out; what is no time stays, so that it is named. */
export function optionMembers(options: RequestOptions): Record<string, unknown> {
  const { when, delay, delayUnit, runAt, expiresAt, priority } = options;
  return {
    ...(priority === PLAIN.priority ? {} : { priority }),
    ...(when === 'after' ? { delay: `${delay.trim()}${delayUnit}` } : {}),
    ...(when === 'at' ? { run_at: utcOf(runAt) ?? runAt } : {}),
    ...(expiresAt === '' ? {} : { expires_at: utcOf(expiresAt) ?? expiresAt }),
  };
}

/** A line that tells what the options change; empty where they are plain. */
export function optionsText(options: RequestOptions): string {
  const { when, delay, delayUnit, runAt, expiresAt, priority } = options;
  return [
    when === 'after' && `in ${delay} ${DELAY_UNITS[delayUnit]}`,
    when === 'at' && `at ${runAt.replace('T', ' ')}`,
    expiresAt !== '' && `expires ${expiresAt.replace('T', ' ')}`,
    priority !== PLAIN.priority && `${priority} priority`,
  ]
    .filter(Boolean)
    .join(' · ');
}
