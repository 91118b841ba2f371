import { createSignal } from 'solid-js';

const [now, setNow] = createSignal(Date.now());

/** Now, in milliseconds; moves once a second while somebody looks. */
export { now };

setInterval(() => document.hidden || setNow(Date.now()), 1000);
document.addEventListener('visibilitychange', () => document.hidden || setNow(Date.now()));
