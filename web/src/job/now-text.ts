import { type JobView, percentOf, stateOf } from './job-view.ts';

/** One line about now, for the eye and for a screen reader that is told of its changes. */
export function nowText(view: JobView): string {
  if (view.refusal) return 'The API tells nothing of this job.';
  const standing = standingText(view);
  if (view.trouble === null || standing === '') return standing || 'Looking for the job…';
  // The banner tells of an API that is not there; here it only matters that this line is old.
  if (view.trouble === 'unreachable') return `Last seen: ${standing}`;
  return `Last seen: ${standing}. ${view.trouble.title}; trying again by itself.`;
}

function standingText(view: JobView): string {
  if (view.result) return view.result.final_state === 'completed' ? 'Completed' : 'Failed';
  if (view.status === null) return '';
  return `${capital(stateOf(view) ?? '')}, ${percentOf(view)} %: ${view.status.message}`;
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
