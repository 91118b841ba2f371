import { createMemo, createRoot, createSignal } from 'solid-js';
import { movedFrom, type Route, routeOf } from './route.ts';

/** Where the page stands: the place, and what its address asks of it. */
const [address, setAddress] = createSignal(current(), { equals: (a, b) => a.path === b.path && a.search === b.search });

export const { route, search } = createRoot(() => ({
  route: createMemo<Route>(() => routeOf(address().path), routeOf(location.pathname), { equals: isSameRoute }),
  /** The query of the address, with its question mark; empty where there is none. */
  search: createMemo(() => address().search),
}));

/** Goes to an address of the page. `replace` leaves no entry behind to go back to. */
export function navigate(href: string, options: { readonly replace?: boolean } = {}): void {
  const depth = historyDepth();
  if (options.replace) history.replaceState({ depth }, '', href);
  else history.pushState({ depth: depth + 1 }, '', href);
  setAddress(current());
}

/** How many entries of this page lie before the current one, so that "back" is known to stay on the page. */
export function historyDepth(): number {
  const state: unknown = history.state;
  return typeof state === 'object' && state !== null && 'depth' in state ? Number(state.depth) : 0;
}

/** Takes over links between places of the page, and the browser's back and forward. Called once. */
export function startRouter(): void {
  const moved = movedFrom(location.hash);
  if (moved !== null) navigate(moved, { replace: true });
  addEventListener('popstate', () => setAddress(current()));
  document.addEventListener('click', (event) => {
    const href = hrefOf(event);
    if (href === null) return;
    event.preventDefault();
    navigate(href);
  });
}

function current() {
  return { path: location.pathname, search: location.search };
}

function isSameRoute(a: Route, b: Route): boolean {
  return a.view === b.view && ('id' in a ? a.id : '') === ('id' in b ? b.id : '');
}

/** The address that a click goes to, where it is one of ours and nobody asked for another tab. */
function hrefOf(event: MouseEvent): string | null {
  if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey)
    return null;
  const link = event.target instanceof Element ? event.target.closest('a') : null;
  if (link === null || link.target !== '' || link.hasAttribute('download') || link.origin !== location.origin)
    return null;
  if (routeOf(link.pathname).view === 'lost' || (link.hash !== '' && link.pathname === location.pathname)) return null;
  return link.pathname + link.search;
}
