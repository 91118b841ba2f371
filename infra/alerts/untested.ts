/** The alerts of a file of rules that fire in no test of theirs, and those that fire in more than one: each is to fire once. */
export function untested(rules: string, tests: string): string[] {
  const alerts = [...rules.matchAll(/^ *- alert: (\w+)$/gm)].map(([, name]) => String(name));
  // A test in which an alert fires expects at least one with its labels; `exp_alerts: []` expects that none does.
  const fired = [...tests.matchAll(/alertname: (\w+)\n\s+exp_alerts:\n\s+- exp_labels/g)].map(([, name]) => name);
  return alerts.flatMap((name) => {
    const times = fired.filter((one) => one === name).length;
    return times === 1 ? [] : [`${name} fires in ${times} tests of dtq.rules.test.yaml; it is to fire in one`];
  });
}
