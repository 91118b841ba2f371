import type { JobType } from '@dtq/generated/schemas/types.ts';

/** Paths on a grid of 24, drawn with one line. */
const PATHS = {
  submit: 'M12 5v14M5 12h14',
  jobs: 'M4 6h16M4 12h16M4 18h10',
  failures: 'M12 8v5m0 3.5v.01M10.3 4 2.6 17.5A2 2 0 0 0 4.4 20.5h15.2a2 2 0 0 0 1.7-3L13.7 4a2 2 0 0 0-3.4 0Z',
  'dead-letters':
    'M3 7.5 12 13l9-5.5M4.5 5.5h15A1.5 1.5 0 0 1 21 7v10a1.5 1.5 0 0 1-1.5 1.5h-15A1.5 1.5 0 0 1 3 17V7a1.5 1.5 0 0 1 1.5-1.5Z',
  system: 'M3 12h4l2.5-6.5 5 13L17 12h4',
  weather:
    'M7 18.5h9.5a4 4 0 0 0 .6-7.95A5.5 5.5 0 0 0 6.6 11.1 3.75 3.75 0 0 0 7 18.5ZM16 3.5v1.2m4.2.8-.8.8m2.1 3.9h-1.2',
  exchange_rate: 'M4 8.5h14m0 0-3.5-3.5M18 8.5 14.5 12M20 15.5H6m0 0 3.5-3.5M6 15.5l3.5 3.5',
  github_user: 'M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8Zm-7.5 8.5a7.5 7.5 0 0 1 15 0',
  quote: 'M10 7H5.5v6H9c0 2.5-1 3.5-3 4M19 7h-4.5v6H18c0 2.5-1 3.5-3 4',
  job: 'M12 8v4l2.5 2.5M12 20.5a8.5 8.5 0 1 0 0-17 8.5 8.5 0 0 0 0 17Z',
  key: 'M8 19.5a4 4 0 1 0 0-8 4 4 0 0 0 0 8Zm3-6.8L19.5 4m-4.2 4.3 3 3',
  copy: 'M9 9h9.5v10.5H9zM5.5 15V4.5H15',
  check: 'm5 12.5 4.5 4.5L19.5 7',
  search: 'M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13Zm5-1.5L20 20',
  auto: 'M12 3.5a8.5 8.5 0 1 1 0 17 8.5 8.5 0 0 1 0-17Zm0 0v17m3-16v15m3-12v9',
  light:
    'M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM12 2.5v2m0 15v2m9.5-9.5h-2m-15 0h-2m16.2-6.7-1.4 1.4M6.7 17.3l-1.4 1.4m13.4 0-1.4-1.4M6.7 6.7 5.3 5.3',
  dark: 'M20 14.2A8.3 8.3 0 0 1 9.8 4 8.3 8.3 0 1 0 20 14.2Z',
} as const;

export type IconName = keyof typeof PATHS;

/** A small drawing beside words that say the same; never heard by a screen reader. */
export function Icon(props: { name: IconName; size?: number }) {
  return (
    <svg
      viewBox="0 0 24 24"
      width={props.size ?? 18}
      height={props.size ?? 18}
      fill="none"
      stroke="currentColor"
      stroke-width="1.7"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
    >
      <path d={PATHS[props.name]} />
    </svg>
  );
}

/** The drawing of a type of job; a type that has none of its own gets the common one. */
export function typeIcon(type: JobType | string): IconName {
  return Object.hasOwn(PATHS, type) ? (type as IconName) : 'job';
}
