import type { Sides } from './exchanges.ts';
import { type Finding, finding } from './finding.ts';
import type { Area, RuleId } from './rules.ts';

/** Compares the states, steps and milestones of a job, its types, and the lists of codes. */
export function compareLifecycle({ old, now }: Sides): Finding[] {
  const findings: Finding[] = [];
  const tell = (rule: RuleId, place: string, what: string, area: Area = 'lifecycle', document?: string): void =>
    void findings.push(finding(rule, area, place, what, document === undefined ? {} : { document }));

  for (const jobType of old.jobTypes) {
    if (!now.jobTypes.includes(jobType))
      tell('job-type-removed', `job type ${jobType}`, `${jobType} is gone`, 'lifecycle', `specs/jobs/${jobType}.yaml`);
  }
  for (const [state, { final }] of Object.entries(old.states)) {
    const same = now.states[state];
    if (same === undefined) tell('state-removed', `state ${state}`, `${state} is gone`);
    else if (same.final !== final)
      tell(
        'state-finality',
        `state ${state}`,
        `${state} was ${final ? '' : 'not '}final, and is ${same.final ? '' : 'not '}`,
      );
  }
  for (const state of Object.keys(now.states))
    if (old.states[state] === undefined) tell('state-added', `state ${state}`, `${state} is new`);

  const known = (transition: string): boolean =>
    transition.split(' -> ').every((state) => old.states[state] !== undefined && now.states[state] !== undefined);
  const isStep = (transition: string): boolean => {
    const [from, to] = transition.split(' -> ');
    return from !== to && known(transition);
  };
  for (const transition of old.transitions.filter((each) => isStep(each) && !now.transitions.includes(each)))
    tell('transition-removed', `step ${transition}`, `${transition} is not allowed any more`);
  for (const transition of now.transitions.filter((each) => isStep(each) && !old.transitions.includes(each)))
    tell('transition-added', `step ${transition}`, `${transition} is allowed now`);

  for (const [name, milestone] of Object.entries(old.milestones)) {
    const same = now.milestones[name];
    const place = `milestone ${name}`;
    if (same === undefined) {
      const elsewhere = Object.values(now.milestones).some((other) => sameMilestone(other, milestone));
      // What it is called is on no wire.
      if (!elsewhere) tell('milestone-removed', place, `${milestone.state} ${milestone.progress_percent} % is gone`);
    } else if (!sameMilestone(same, milestone))
      tell(
        'milestone-changed',
        place,
        `it was ${milestone.state} ${milestone.progress_percent} %, and is ${same.state} ${same.progress_percent} %`,
      );
  }
  for (const [name, milestone] of Object.entries(now.milestones)) {
    if (
      old.milestones[name] === undefined &&
      !Object.values(old.milestones).some((other) => sameMilestone(other, milestone))
    )
      tell('milestone-added', `milestone ${name}`, `${milestone.state} ${milestone.progress_percent} % is new`);
  }

  for (const [code, status] of Object.entries(old.problems)) {
    const same = now.problems[code];
    if (same === undefined) tell('problem-removed', `problem ${code}`, `${code} is gone`, 'errors');
    else if (same !== status)
      tell('problem-status-changed', `problem ${code}`, `it came with ${status}, and comes with ${same}`, 'errors');
  }
  for (const code of old.jobErrors)
    if (!now.jobErrors.includes(code)) tell('job-error-removed', `job error ${code}`, `${code} is gone`, 'errors');
  return findings;
}

interface Milestone {
  readonly state: string;
  readonly progress_percent: number;
}

function sameMilestone(one: Milestone, other: Milestone): boolean {
  return one.state === other.state && one.progress_percent === other.progress_percent;
}
