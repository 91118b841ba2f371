import { showJobs } from './show-jobs.ts';

const say = (line: string): void => {
  document.body.append(Object.assign(document.createElement('p'), { textContent: line }));
};

showJobs(location.origin, say).then(
  () => say('the end'),
  (error: unknown) => say(`the end: ${error}`),
);
