import { timestamp } from '@dtq/core/clock.ts';
import { cut } from '@dtq/core/cut.ts';
import { lookUpJob } from '@dtq/core/look-up.ts';
import { MILESTONES } from '@dtq/generated/lifecycle.ts';
import type { JobResult, JobStatus, ProgressReply } from '@dtq/generated/schemas/types.ts';
import type { Responder } from '../responder.ts';

/** Tells where a job stands, from its status or, once that has gone, from its document. */
export const answerProgress: Responder<'answerProgress'> = async ({ job_id }, context) => {
  const known = await lookUpJob(context, job_id, { statusWillDo: true });
  const now = timestamp(context.clock);
  if (known.kind === 'unknown') {
    return { job_id, state: 'not_found', progress_percent: 0, message: 'no job has this id', timestamp: now };
  }
  if (known.kind === 'status') return ofStatus(job_id, known.status);
  return ofResult(job_id, known.result, known.status);
};

function ofStatus(job_id: string, status: JobStatus): ProgressReply {
  const { state, progress_percent, message, updated_at } = status;
  return { job_id, state, progress_percent, message, timestamp: updated_at };
}

function ofResult(job_id: string, result: JobResult, status: JobStatus | null): ProgressReply {
  const { final_state: state, completed_at: timestamp, error } = result;
  if (error === null) {
    const { progress_percent, message } = MILESTONES.completed;
    return { job_id, state, progress_percent, message, timestamp };
  }
  // The document does not say how far the job had come; its last status may.
  return {
    job_id,
    state,
    progress_percent: status?.progress_percent ?? 0,
    message: cut(`${error.code}: ${error.message}`, 1000),
    timestamp,
  };
}
