import {
  MILESTONES,
  type Milestone,
  STATES,
  type StateDefinition,
  TRANSITIONS,
  type Transition,
} from '@dtq/generated/lifecycle.ts';
import { escaped, prose, table } from './docs-text.ts';

/** What there is to draw: the tables of generated/lifecycle.ts, or others of their form. */
export interface Lifecycle {
  readonly states: Readonly<Record<string, StateDefinition>>;
  readonly transitions: readonly { readonly [Part in keyof Transition]: string }[];
  readonly milestones: Readonly<Record<string, { readonly [Part in keyof Milestone]: string | number }>>;
}

interface Point {
  readonly x: number;
  readonly y: number;
}

const OURS: Lifecycle = { states: STATES, transitions: TRANSITIONS, milestones: MILESTONES };

// In units of the drawing. Positions are chosen for the states that there are; a further one gets a place in a row below.
const WIDTH = 720;
const BOX = { width: 150, height: 58 };
const PLACES: Readonly<Record<string, Point>> = {
  queued: { x: 95, y: 105 },
  running: { x: 360, y: 105 },
  completed: { x: 625, y: 105 },
  failed: { x: 360, y: 255 },
};
const COLUMNS = [95, 360, 625];
const ROW = 150;
const BADGE = 11;
/** How far apart two arrows between the same states run. */
const APART = 30;

/** The states of a job as a drawing: each state once, each transition as an arrow with its number in the table. */
export function stateMachine({ states, transitions, milestones }: Lifecycle = OURS): string {
  const places = placesOf(Object.keys(states));
  const height = Math.max(...[...places.values()].map(({ y }) => y)) + BOX.height / 2 + 15;
  const arrows = transitions.map((transition, index) => {
    const twins = transitions.filter((other) => isBetween(other, transition));
    const line = lineOf(places, transition, twins.indexOf(transition) - (twins.length - 1) / 2);
    const { from, to, when } = transition;
    return `<g class="dtq-transition" data-from="${escaped(from)}" data-to="${escaped(to)}"><title>${escaped(`${index + 1}: ${from} to ${to}, when ${when}`)}</title>
<path d="${line.path}" fill="none" stroke="currentColor" stroke-width="1.5" marker-end="url(#dtq-arrow)"/>
<circle cx="${line.badge.x}" cy="${line.badge.y}" r="${BADGE}" class="dtq-badge" stroke="currentColor"/>
<text x="${line.badge.x}" y="${line.badge.y + 4}" text-anchor="middle" font-size="12" fill="currentColor">${index + 1}</text></g>`;
  });
  const boxes = Object.entries(states).map(([name, { description, final }]) => {
    const { x, y } = placeOf(places, name);
    const frame = (inset: number): string =>
      `<rect x="${x - BOX.width / 2 + inset}" y="${y - BOX.height / 2 + inset}" width="${BOX.width - 2 * inset}" height="${BOX.height - 2 * inset}" rx="${8 - inset}" fill="none" stroke="currentColor" stroke-width="1.5"/>`;
    const progress = progressOf(name, milestones);
    return `<g class="dtq-state" data-state="${escaped(name)}"><title>${escaped(`${name}: ${description}`)}</title>
${frame(0)}${final ? frame(4) : ''}
<text x="${x}" y="${progress === '' ? y + 5 : y - 3}" text-anchor="middle" font-size="16" font-weight="bold" fill="currentColor">${escaped(name)}</text>
<text x="${x}" y="${y + 16}" text-anchor="middle" font-size="12" fill="currentColor">${progress}</text></g>`;
  });
  const told = transitions.map(({ from, to, when }, index) => `${index + 1}: from ${from} to ${to} when ${when}.`);
  return `<svg class="dtq-states" role="img" aria-labelledby="dtq-states-title dtq-states-desc" viewBox="0 0 ${WIDTH} ${height}" xmlns="http://www.w3.org/2000/svg">
<title id="dtq-states-title">The states of a job</title>
<desc id="dtq-states-desc">${escaped(`${Object.keys(states).join(', ')}. ${told.join(' ')}`)}</desc>
<defs><marker id="dtq-arrow" viewBox="0 0 10 10" refX="10" refY="5" markerWidth="8" markerHeight="8" orient="auto"><path d="M0 0 L10 5 L0 10 z" fill="currentColor"/></marker></defs>
${arrows.join('\n')}
${boxes.join('\n')}
</svg>`;
}

/** The part of the page that tells the life of a job. */
export function lifecycleSection(lifecycle: Lifecycle = OURS): string {
  const { states, transitions, milestones } = lifecycle;
  return `<h2 id="states">The states of a job</h2>
<p>A job moves along these arrows and no others; a double frame is a state that stays. Within a state the progress only grows,
until a later attempt begins.</p>
${stateMachine(lifecycle)}
${table(
  'States',
  ['state', 'meaning'],
  Object.entries(states).map(([name, { description }]) => [`<code>${escaped(name)}</code>`, prose(description)]),
)}
<h3 id="transitions">What moves it</h3>
${table(
  'Transitions',
  ['arrow', 'from', 'to', 'when'],
  transitions.map(({ from, to, when }, index) => [
    String(index + 1),
    `<code>${escaped(from)}</code>`,
    `<code>${escaped(to)}</code>`,
    prose(when),
  ]),
)}
<h3 id="milestones">Its milestones</h3>
<p>Each is written before the step that it announces; a failure keeps the progress that it reached.</p>
${table(
  'Milestones',
  ['state', 'progress', 'message'],
  Object.values(milestones).map(({ state, progress_percent, message }) => [
    `<code>${escaped(String(state))}</code>`,
    `${progress_percent} %`,
    prose(String(message)),
  ]),
)}`;
}

function placesOf(names: readonly string[]): ReadonlyMap<string, Point> {
  const lowest = Math.max(...Object.values(PLACES).map(({ y }) => y));
  const strangers = names.filter((name) => !Object.hasOwn(PLACES, name));
  return new Map(
    names.map((name) => {
      const known = Object.hasOwn(PLACES, name) ? PLACES[name] : undefined;
      if (known !== undefined) return [name, known];
      const index = strangers.indexOf(name);
      const row = Math.floor(index / COLUMNS.length) + 1;
      return [name, { x: COLUMNS[index % COLUMNS.length] ?? WIDTH / 2, y: lowest + row * ROW }];
    }),
  );
}

function placeOf(places: ReadonlyMap<string, Point>, name: string): Point {
  const place = places.get(name);
  if (place === undefined)
    throw new Error(`there is no state ${JSON.stringify(name)}; known: ${[...places.keys()].join(', ')}`);
  return place;
}

function isBetween(one: { from: string; to: string }, other: { from: string; to: string }): boolean {
  return (one.from === other.from && one.to === other.to) || (one.from === other.to && one.to === other.from);
}

/** The path of an arrow and the place of its number. `lane` is 0 for the only arrow between two states, else left or right of it. */
function lineOf(
  places: ReadonlyMap<string, Point>,
  { from, to }: { from: string; to: string },
  lane: number,
): { path: string; badge: Point } {
  const [start, end] = [placeOf(places, from), placeOf(places, to)];
  if (from === to) {
    const [x, top] = [start.x + lane * 2 * APART, start.y - BOX.height / 2];
    return {
      path: `M${x - 22} ${top} C${x - 34} ${top - 62} ${x + 34} ${top - 62} ${x + 22} ${top}`,
      badge: { x, y: top - 46 },
    };
  }
  // Lanes are told apart along one direction, whichever way an arrow runs.
  const [first, second] = from < to ? [start, end] : [end, start];
  const length = Math.hypot(second.x - first.x, second.y - first.y);
  const aside = {
    x: (-(second.y - first.y) / length) * lane * APART,
    y: ((second.x - first.x) / length) * lane * APART,
  };
  const [a, b] = [edge(start, end, aside), edge(end, start, aside)];
  return { path: `M${a.x} ${a.y} L${b.x} ${b.y}`, badge: { x: round((a.x + b.x) / 2), y: round((a.y + b.y) / 2) } };
}

/** Where the line from one box to another, moved aside, leaves the first. */
function edge(box: Point, other: Point, aside: Point): Point {
  const [dx, dy] = [other.x - box.x, other.y - box.y];
  const reach = (half: number, offset: number, step: number): number =>
    step === 0 ? Number.POSITIVE_INFINITY : (half - offset * Math.sign(step)) / Math.abs(step);
  const share = Math.min(reach(BOX.width / 2, aside.x, dx), reach(BOX.height / 2, aside.y, dy));
  return { x: round(box.x + aside.x + dx * share), y: round(box.y + aside.y + dy * share) };
}

function progressOf(state: string, milestones: Lifecycle['milestones']): string {
  const steps = Object.values(milestones).filter((milestone) => milestone.state === state);
  const percents = [...new Set(steps.map(({ progress_percent }) => progress_percent))];
  return percents.length === 0 ? '' : `${percents.join(', ')} %`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
