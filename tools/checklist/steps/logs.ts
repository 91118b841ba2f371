import { hold } from '@dtq/conformance/check.ts';
import type { Step } from '../checklist.ts';
import type { Ground } from '../ground.ts';
import type { LogLine, Program } from '../programs.ts';

/** The lines of a log that speak of a job. */
export function linesOf(program: Program, jobId: string): LogLine[] {
  return program.lines().filter((line) => line['job_id'] === jobId);
}

export const bothIds: Step<Ground> = {
  id: 'logs',
  title: 'Logs: lines of API and worker with both job_id and trace_id',
  needs: ['end'],
  run: async (ground, notes) => {
    const job = await ground.job();
    const found = async (name: string, program: Program): Promise<number> => {
      const lines = await ground.until(`the log of the ${name} speaks of the job`, () => {
        const spoken = linesOf(program, job.job_id);
        return spoken.length > 0 ? spoken : null;
      });
      notes.show(program.logFile, lines.map((line) => JSON.stringify(line)).join('\n'));
      const both = lines.filter((line) => line['trace_id'] === job.trace_id).length;
      hold(both === lines.length, `of ${lines.length} lines of the ${name} on the job ${both} carry both ids`);
      return both;
    };
    const counts = [await found('API', ground.api.program), await found('worker', ground.worker)];
    return `job_id ${job.job_id} and trace_id ${job.trace_id} stand together in ${counts[0]} line(s) of the API and ${counts[1]} of the worker`;
  },
};
