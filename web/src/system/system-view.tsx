export function View() {
  return <h1 tabindex="-1">to come</h1>;
}
