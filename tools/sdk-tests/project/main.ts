import { showJobs } from './show-jobs.ts';

await showJobs(process.argv[2] ?? '', (line) => console.log(line));
