import type { Output } from '@dtq/generated/jobs/index.ts';
import type { System } from './system.ts';
import { eventually } from './wait.ts';

/** What a job of `submitAustin` asks for, and what `heldHandler` answers. */
export const AUSTIN = { city: 'Austin', country_code: 'US', units: 'metric' } as const;
export const AUSTIN_OUTPUT: Output<'weather'> = {
  temperature: 20.4,
  condition: 'Cloudy',
  humidity_pct: 61,
  wind_kph: 13.2,
};

/** A handler that answers no job before it is let go, so that a test can look at a job that runs. */
export function heldHandler(): {
  readonly handlers: { readonly weather: () => Promise<Output<'weather'>> };
  readonly letGo: () => void;
} {
  const held = Promise.withResolvers<Output<'weather'>>();
  return { handlers: { weather: () => held.promise }, letGo: () => held.resolve(AUSTIN_OUTPUT) };
}

/** Submits a job; gives its id. */
export async function submitAustin({ client }: Pick<System, 'client'>): Promise<string> {
  const { data } = await client.submitJob({ body: { job_type: 'weather', payload: AUSTIN } });
  return String(data?.job_id);
}

/** Submits a job and waits until its handler has it; gives its id. */
export async function submitRunning(system: Pick<System, 'client' | 'backend'>): Promise<string> {
  const jobId = await submitAustin(system);
  await eventually('it calls the provider', async () => {
    return (await system.backend.statuses.get(jobId))?.progress_percent === 50;
  });
  return jobId;
}
