import { Facts } from './facts.tsx';
import './hero.css';
import { outputFacts } from './output-facts.ts';
import type { ResultProps } from './result-views.ts';
import { SkyDrawing } from './sky-drawing.tsx';

const DEGREES = { metric: '°C', imperial: '°F' } as const;

/** The temperature in the units that were asked for, for the document itself does not repeat them, and the sky. */
export function ResultView(props: ResultProps<'weather'>) {
  return (
    <div class="stack">
      <div class="hero">
        <SkyDrawing condition={props.result.output.condition} />
        <div>
          <p class="hero-value">
            {props.result.output.temperature}
            <span class="hero-unit">&nbsp;{DEGREES[props.result.input.units]}</span>
          </p>
          <p class="hero-caption">
            {props.result.output.condition} in <strong>{props.result.input.city}</strong>
          </p>
        </div>
      </div>
      <Facts facts={outputFacts(props.fields, props.result.output, ['temperature', 'condition'])} />
    </div>
  );
}
