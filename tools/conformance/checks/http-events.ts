import { EVENT_STREAM, operationPath } from '@dtq/generated/rest/operations.ts';
import * as strict from '@dtq/generated/validators/strict.ts';
import { type Check, hold, same, shown, valid } from '../check.ts';
import type { Kit } from '../kit.ts';
import { readEvents, type StreamEvent } from '../read-events.ts';
import { jobResult } from '../schemas.ts';
import { neverBackwards, refused, unknownId } from './answers.ts';

const path = (job_id: string): string => operationPath('watchJob', { job_id });

/** The events of a job to their end, each held to its schema. */
async function eventsOf(kit: Kit, jobId: string, after?: string): Promise<readonly StreamEvent[]> {
  const headers: Record<string, string> = after === undefined ? {} : { 'last-event-id': after };
  const response = await kit.http.open(path(jobId), { headers });
  same(response.status, 200, 'the status of the event stream');
  same(response.headers.get('content-type')?.split(';')[0], EVENT_STREAM, 'its media type');
  const { events, hasEnded } = await readEvents(response, kit.settings.patienceMs);
  hold(
    hasEnded,
    `not within ${kit.settings.patienceMs / 1000} s: the event stream ends; it told ${shown(events.map(({ id }) => id))}`,
  );
  for (const { event, id, data } of events) {
    if (event === 'status') valid(strict.JobStatusEvent, { event, id, data }, 'an event');
    else {
      same([event, id], ['result', 'end'], 'the event and id of the last event');
      valid(jobResult(kit.settings.job.job_type), data, 'the last event');
    }
  }
  return events;
}

const statusesOf = (events: readonly StreamEvent[]) =>
  events
    .filter(({ event }) => event === 'status')
    .map(({ data }) => data as { state: string; progress_percent: number });

export const EVENT_CHECKS: readonly Check[] = [
  {
    id: 'http.events-ends-with-result',
    title: 'the stream tells the changes, the document last, and ends',
    promise: '`GET /v1/jobs/{job_id}/events`: Server-Sent Events, one per status change, ends after a terminal state',
    needs: ['events'],
    run: async (kit, note) => {
      const { job_id } = await kit.submit(kit.settings.job);
      const events = await eventsOf(kit, job_id);
      same(events.at(-1)?.event, 'result', 'the last event');
      same(events.filter(({ event }) => event === 'result').length, 1, 'the number of events with a document');
      note(events.map(({ event, id }) => `${event} ${id}`).join(', '));
    },
  },
  {
    id: 'http.events-order',
    title: 'the changes come in order, each once',
    promise:
      'Order is (attempt, milestone): a later attempt may go back to 20, nothing else moves backwards, a final state stays.',
    needs: ['events'],
    run: async (kit, note) => {
      const { job_id } = await kit.submit(kit.settings.job);
      const events = await eventsOf(kit, job_id);
      const statuses = statusesOf(events);
      neverBackwards(statuses, `the event stream of ${job_id}`);
      const ids = events.flatMap(({ event, id }) => (event === 'status' && id !== undefined ? [Number(id)] : []));
      const grows = ids.every((id, index) => index === 0 || id > Number(ids[index - 1]));
      hold(grows, `the ids of the changes must grow, and are ${ids.join(', ')}`);
      note(statuses.map(({ state, progress_percent }) => `${state} ${progress_percent}`).join(', '));
    },
  },
  {
    id: 'http.events-every-change',
    title: 'one event for each milestone',
    promise: 'Server-Sent Events, one per status change',
    needs: ['events'],
    run: async (kit) => {
      const { job_id } = await kit.submit(kit.settings.job);
      const seen = statusesOf(await eventsOf(kit, job_id)).map((one) => `${one.state} ${one.progress_percent}`);
      // A worker may be quicker than the API's note that the job is queued.
      for (const milestone of ['running 20', 'running 50', 'running 80', 'completed 100'])
        hold(seen.includes(milestone), `the stream must tell ${milestone}, and tells ${seen.join(', ')}`);
    },
  },
  {
    id: 'http.events-resume',
    title: 'with Last-Event-ID it goes on after that event',
    promise: 'resumes with `Last-Event-ID`',
    needs: ['events'],
    run: async (kit, note) => {
      const { accepted } = await kit.completedJob();
      const all = await eventsOf(kit, accepted.job_id);
      const after = all.findIndex(({ event, id }) => event === 'status' && id !== undefined);
      hold(after >= 0, 'a status event must have an id');
      const rest = await eventsOf(kit, accepted.job_id, all[after]?.id);
      same(
        rest.map(({ id }) => id),
        all.slice(after + 1).map(({ id }) => id),
        `the ids of the events after ${all[after]?.id}`,
      );
      note(`after ${all[after]?.id}: ${rest.map(({ id }) => id).join(', ')}`);
    },
  },
  {
    id: 'http.events-after-end',
    title: 'after the last event there is nothing more: 204',
    promise: 'and 204 after `end`, upon which `EventSource` stops asking.',
    needs: ['events'],
    run: async (kit) => {
      const { accepted } = await kit.completedJob();
      const answer = await kit.http.call(path(accepted.job_id), { headers: { 'last-event-id': 'end' } });
      same(answer.status, 204, 'the status after `end`');
    },
  },
  {
    id: 'http.events-unknown',
    title: 'the events of a job that nobody knows are 404',
    promise: '`GET /v1/jobs/{job_id}/events`: 404',
    needs: ['events'],
    run: async ({ http }) => {
      refused(await http.call(path(unknownId())), 404, 'job_not_found');
    },
  },
];
