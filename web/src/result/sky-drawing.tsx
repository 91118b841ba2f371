import { For, Match, Show, Switch } from 'solid-js';
import { type Sky, skyOf } from './result-words.ts';

const CLOUD = 'M22 50h27a11 11 0 0 0 1.6-21.9A15.5 15.5 0 0 0 20.8 29.6 10.3 10.3 0 0 0 22 50Z';
const RAYS = [0, 45, 90, 135, 180, 225, 270, 315] as const;
const DROPS = [25, 36, 47] as const;

/** A small picture of the sky; the words beside it say the same. */
export function SkyDrawing(props: { condition: string }) {
  const sky = () => skyOf(props.condition);
  const isAmong = (...skies: readonly Sky[]) => skies.includes(sky());
  return (
    <svg class="sky" viewBox="0 0 72 72" width="96" height="96" aria-hidden="true">
      <Show when={isAmong('sun', 'sun-cloud')}>
        <g class="sky-sun" transform={sky() === 'sun' ? undefined : 'translate(12 -8) scale(0.8)'}>
          <circle cx="36" cy="36" r="12" />
          <For each={RAYS}>{(turn) => <path d="M36 12.5v6" transform={`rotate(${turn} 36 36)`} />}</For>
        </g>
      </Show>
      <Show when={!isAmong('sun', 'fog')}>
        <path class="sky-cloud" d={CLOUD} />
      </Show>
      <Switch>
        <Match when={sky() === 'rain'}>
          <For each={DROPS}>{(x) => <path class="sky-drop" d={`M${x} 55l-3 9`} />}</For>
        </Match>
        <Match when={sky() === 'snow'}>
          <For each={DROPS}>{(x) => <circle class="sky-flake" cx={x} cy={x === 36 ? 64 : 58} r="2.4" />}</For>
        </Match>
        <Match when={sky() === 'storm'}>
          <path class="sky-bolt" d="m38 44-8 13h7l-3 10 10-14h-7l4-9Z" />
        </Match>
        <Match when={sky() === 'fog'}>
          <path class="sky-fog" d="M14 26h34M22 36h36M12 46h30M30 56h26" />
        </Match>
      </Switch>
    </svg>
  );
}
