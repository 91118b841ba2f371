import { addressOf } from '../router/route.ts';
import { useTitle } from './title.ts';

/** An address that is none of the page's. */
export function View() {
  useTitle(() => 'No such page');
  return (
    <section class="empty">
      <h1 tabindex="-1">There is no such page</h1>
      <p>
        The address may be cut short. Jobs are under <a href={addressOf.jobs}>Jobs</a>, and{' '}
        <a href={addressOf.submit}>Submit</a> makes a new one.
      </p>
    </section>
  );
}
