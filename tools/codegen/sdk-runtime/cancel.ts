import type { Job, JobCancelled } from '@dtq/generated/schemas/types.ts';
import type { Deadline } from './deadline.ts';
import { isProblem } from './errors.ts';
import { hasEnded } from './jobs.ts';
import type { Sender } from './send.ts';

/**
 * Cancels a job, and tries again like anything that carries a key: a second cancel harms nobody. It is refused, though, where
 * the first one did its work and only the answer was lost; the job's document tells that.
 */
export async function cancelJob(sender: Sender, jobId: string, deadline: Deadline): Promise<JobCancelled> {
  const params = { path: { job_id: jobId } };
  let tries = 0;
  try {
    return await sender.send<'cancelJob'>(
      'cancelJob',
      (rest, attempt) => {
        tries += 1;
        return rest.cancelJob({ ...attempt, params });
      },
      deadline,
      { isRepeatable: true },
    );
  } catch (error) {
    if (tries < 2 || !isProblem(error, 'job_already_final')) throw error;
    const job: Job = await sender.send<'getJob'>(
      'getJob',
      (rest, attempt) => rest.getJob({ ...attempt, params }),
      deadline,
    );
    if (!hasEnded(job) || job.error?.code !== CANCELLED) throw error;
    return { job_id: jobId, state: job.final_state, error_code: CANCELLED, message: job.error.message } as JobCancelled;
  }
}

const CANCELLED: JobCancelled['error_code'] = 'cancelled';
