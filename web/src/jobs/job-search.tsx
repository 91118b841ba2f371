import { createSignal, Show } from 'solid-js';
import { client } from '../api/client.ts';
import { settle } from '../api/outcome.ts';
import { addressOf } from '../router/route.ts';
import { navigate } from '../router/router.ts';
import { Icon } from '../ui/icons.tsx';
import { isId } from './filters.ts';

const ANSWER_WITHIN_MS = 10_000;

/** Finds a job by its id, and jobs by their trace id; both look alike, so the API is asked which it is. */
export function JobSearch(props: { traceId: string | null; onTrace: (traceId: string | null) => void }) {
  const [trouble, setTrouble] = createSignal<string | null>(null);
  let field: HTMLInputElement | undefined;

  async function find(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const text = field?.value.trim() ?? '';
    setTrouble(null);
    if (text === '') return props.onTrace(null);
    if (!isId(text)) {
      setTrouble('An id has 36 characters, such as 6aab8fca-7059-40c4-97d4-53f55fd5bf67.');
      return;
    }
    const job_id = text.toLowerCase();
    const call = client.getJob({ params: { path: { job_id } }, signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
    const outcome = await settle(call);
    if (outcome.kind === 'ok') navigate(addressOf.job(job_id));
    else if (outcome.kind === 'problem' && outcome.problem.status === 404) props.onTrace(job_id);
    else setTrouble('No answer from the API. Press Enter again in a moment.');
  }

  return (
    <form class="job-search" onSubmit={find}>
      <Icon name="search" size={16} />
      <input
        ref={field}
        id="job-search"
        type="search"
        enterkeyhint="search"
        autocomplete="off"
        spellcheck={false}
        placeholder="Job id or trace id"
        aria-label="Find by job id or trace id"
        aria-describedby="job-search-trouble"
        aria-invalid={trouble() !== null}
        value={props.traceId ?? ''}
        onInput={(event) => event.currentTarget.value === '' && props.traceId !== null && props.onTrace(null)}
      />
      <kbd>/</kbd>
      <p id="job-search-trouble" class="error" role="alert">
        <Show when={trouble()}>{(words) => words()}</Show>
      </p>
    </form>
  );
}
