/** A clock that stands until it is moved. */
export function standingClock() {
  let now = Date.now();
  const move = (ms: number): void => {
    now += ms;
  };
  return { now: () => now, move };
}
