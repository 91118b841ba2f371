import type { JsonObject } from '../../../codegen/specs.ts';
import type { SpecData } from '../read.ts';
import { add, at, type Change, change, remove } from './change.ts';

/** Makes a job type out of another, as a file of specs/jobs beside it would. */
export function copyJobType(specs: SpecData, from: string, to: string): JsonObject {
  const copy = structuredClone(at(specs.jobs, from));
  copy['job_type'] = to;
  copy['title'] = to.replaceAll('_', ' ');
  copy['errors'] = {};
  specs.jobs[to] = copy;
  return copy;
}

const steps = (specs: SpecData): JsonObject[] => at(specs.lifecycle, 'transitions');
const without = (specs: SpecData, from: string, to: string): void => {
  specs.lifecycle['transitions'] = steps(specs).filter((step) => step['from'] !== from || step['to'] !== to);
};

export const LIFECYCLE: readonly Change[] = [
  change('a new job type', (specs) => void copyJobType(specs, 'weather', 'weather_v2')),
  change(
    'a job type is gone',
    (specs) => remove(specs.jobs, 'github_user'),
    ['job-type-removed', 'topic-removed', 'request', 'old-stored'],
    {
      notices: ['job-error-removed'],
    },
  ),
  change(
    'a job type has another name',
    (specs) => {
      copyJobType(specs, 'quote', 'quotation');
      remove(specs.jobs, 'quote');
    },
    ['job-type-removed', 'topic-removed', 'request', 'old-stored'],
    { notices: ['job-error-removed'] },
  ),
  change(
    'a new state',
    (specs) => {
      at(specs.lifecycle, 'states')['paused'] = { description: 'Waits.', final: false };
    },
    ['state-added', 'answer', 'new-message', 'new-stored'],
  ),
  change('a state is gone', (specs) => remove(at(specs.lifecycle, 'states'), 'queued'), [
    'state-removed',
    'request',
    'old-message',
    'old-stored',
  ]),
  change(
    'a state is not final any more',
    (specs) => {
      at(specs.lifecycle, 'states', 'failed')['final'] = false;
    },
    ['state-finality', 'old-stored'],
  ),
  change(
    'a job may take a new step',
    (specs) => add(steps(specs), { from: 'running', to: 'queued', when: 'it is put back' }),
    ['transition-added'],
  ),
  change('a job may not take a step any more', (specs) => without(specs, 'queued', 'failed'), ['transition-removed']),
  change('a job may stay where it is', (specs) =>
    add(steps(specs), { from: 'completed', to: 'completed', when: 'it is told again' }),
  ),
  change(
    'a milestone has another percentage',
    (specs) => {
      at(specs.lifecycle, 'milestones', 'calling')['progress_percent'] = 40;
    },
    ['milestone-changed'],
  ),
  change('a milestone is gone', (specs) => remove(at(specs.lifecycle, 'milestones'), 'storing'), ['milestone-removed']),
  change(
    'a milestone is new',
    (specs) => {
      at(specs.lifecycle, 'milestones')['checking'] = { state: 'running', progress_percent: 30, message: 'checking' };
    },
    [],
    { notices: ['milestone-added'] },
  ),
  change('a milestone has another name', (specs) => {
    const all = at(specs.lifecycle, 'milestones');
    all['saving'] = at(all, 'storing');
    remove(all, 'storing');
  }),
  change('a new error of a job', (specs) => {
    at(specs.errors, 'job_errors')['out_of_luck'] = { title: 'x', cause: 'y', cure: 'z', retryable: false };
  }),
  change('an error of a job is gone', (specs) => remove(at(specs.errors, 'job_errors'), 'timed_out'), [], {
    notices: ['job-error-removed'],
  }),
];
