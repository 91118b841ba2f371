import type { Component } from 'solid-js';
import type { ViewName } from './router/route.ts';

/** What each place shows, loaded when somebody goes there. `id` is that of the job or the letter, else empty. */
export const VIEWS: { readonly [V in ViewName]: () => Promise<{ readonly View: Component<{ readonly id: string }> }> } =
  {
    submit: () => import('./submit/submit-view.tsx'),
    jobs: () => import('./jobs/jobs-view.tsx'),
    job: () => import('./job/job-page.tsx'),
    failures: () => import('./failures/failures-view.tsx'),
    'dead-letters': () => import('./dead-letters/letters-view.tsx'),
    'dead-letter': () => import('./dead-letters/letter-view.tsx'),
    system: () => import('./system/system-view.tsx'),
    lost: () => import('./ui/lost-view.tsx'),
  };
