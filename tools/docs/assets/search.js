// Finds headings while one types. Without it the site lacks nothing but this.
const holder = document.getElementById('search');
const MOST = 12;
let index;

const input = document.createElement('input');
input.type = 'search';
input.placeholder = 'Search';
input.setAttribute('aria-label', 'Search the headings');
input.setAttribute('aria-controls', 'found');
const found = document.createElement('ul');
found.id = 'found';
found.hidden = true;
const told = document.createElement('p');
told.className = 'told';
told.setAttribute('role', 'status');
holder.append(input, found, told);

input.addEventListener('focus', load);
input.addEventListener('input', show);
input.addEventListener('keydown', (event) => {
  if (event.key === 'Escape') close();
  if (event.key === 'Enter') found.querySelector('a')?.click();
  if (event.key === 'ArrowDown') move(event, found.querySelector('a'));
});
found.addEventListener('keydown', (event) => {
  const item = document.activeElement?.closest('li');
  if (event.key === 'ArrowDown') move(event, item?.nextElementSibling?.querySelector('a'));
  if (event.key === 'ArrowUp') move(event, item?.previousElementSibling?.querySelector('a') ?? input);
  if (event.key === 'Escape') close();
});
found.addEventListener('click', close);
document.addEventListener('click', (event) => {
  if (!holder.contains(event.target)) close();
});
document.addEventListener('keydown', (event) => {
  const isTyping = ['INPUT', 'TEXTAREA', 'SELECT'].includes(document.activeElement?.tagName);
  if (event.key !== '/' || isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  input.focus();
});

async function load() {
  index ??= import('./search-index.js').then((module) => module.INDEX);
  return index;
}

async function show() {
  const words = wordsOf(input.value);
  const entries = await load();
  // Something else may stand there by now.
  if (wordsOf(input.value).join(' ') !== words.join(' ')) return;
  const matches = words.length === 0 ? [] : entries.map((entry) => ({ entry, rank: rankOf(entry, words) }));
  const best = matches.filter(({ rank }) => rank > 0).sort((a, b) => b.rank - a.rank);
  found.replaceChildren(...best.slice(0, MOST).map(({ entry }) => itemOf(entry)));
  found.hidden = best.length === 0;
  told.textContent = words.length === 0 ? '' : best.length === 0 ? 'Nothing found' : `${best.length} found`;
}

function wordsOf(text) {
  return text.toLowerCase().split(/\s+/).filter(Boolean);
}

/** 0 for what lacks one of the words; more for a heading that is the text, begins with it, or is short. */
function rankOf([text, kind], words) {
  const heading = text.toLowerCase();
  const all = `${heading} ${kind.toLowerCase()}`;
  if (!words.every((word) => all.includes(word))) return 0;
  const whole = words.join(' ');
  const begins =
    heading === whole ? 4 : heading.startsWith(whole) ? 2 : words.every((word) => heading.includes(word)) ? 1 : 0;
  return begins + 1 / (1 + heading.length);
}

function itemOf([text, kind, href]) {
  const link = document.createElement('a');
  link.className = 'hit';
  link.href = href;
  const words = document.createElement('span');
  words.textContent = kind;
  link.append(text, words);
  const item = document.createElement('li');
  item.append(link);
  return item;
}

function move(event, target) {
  event.preventDefault();
  target?.focus();
}

function close() {
  found.hidden = true;
  told.textContent = '';
}
