/** A quotation of the sandbox. All are true, in English or translated, and old enough to belong to everybody. */
export interface SandboxQuotation {
  readonly quote: string;
  readonly author: string;
  readonly tags: readonly string[];
}

type Row = readonly [quote: string, author: string, tags: string];

const ROWS: readonly Row[] = [
  ['A journey of a thousand miles begins beneath one’s feet.', 'Laozi', 'perseverance, growth'],
  ['Fortune favours the bold.', 'Virgil', 'courage, motivation'],
  ['No great thing is created suddenly.', 'Epictetus', 'patience, growth'],
  ['The soul becomes dyed with the colour of its thoughts.', 'Marcus Aurelius', 'mindfulness, wisdom'],
  ['There are more things that frighten us than injure us.', 'Seneca', 'fear, wisdom'],
  ['Character is destiny.', 'Heraclitus', 'wisdom, life'],
  ['One swallow does not make a spring.', 'Aristotle', 'wisdom, patience'],
  ['Is it not a delight to have friends come from afar?', 'Confucius', 'friendship, happiness'],
  ['Gratitude is the parent of all other virtues.', 'Cicero', 'gratitude'],
  ['Brevity is the soul of wit.', 'William Shakespeare', 'wisdom, creativity'],
  ['The course of true love never did run smooth.', 'William Shakespeare', 'love'],
  ['Though she be but little, she is fierce.', 'William Shakespeare', 'courage'],
  ['Knowledge itself is power.', 'Francis Bacon', 'knowledge'],
  ['The heart has its reasons, which reason does not know.', 'Blaise Pascal', 'love, wisdom'],
  ['There is no charm equal to tenderness of heart.', 'Jane Austen', 'love, empathy'],
  ['I am no bird; and no net ensnares me.', 'Charlotte Brontë', 'courage, purpose'],
  ['Nothing great was ever achieved without enthusiasm.', 'Ralph Waldo Emerson', 'motivation, success'],
  ['Our life is frittered away by detail. Simplify, simplify.', 'Henry David Thoreau', 'life, mindfulness'],
  ['If there is no struggle, there is no progress.', 'Frederick Douglass', 'change, perseverance, justice'],
  ['“Hope” is the thing with feathers that perches in the soul.', 'Emily Dickinson', 'hope'],
  [
    'What do we live for, if it is not to make life less difficult to each other?',
    'George Eliot',
    'empathy, friendship, purpose, life',
  ],
  [
    'The Analytical Engine weaves algebraical patterns just as the Jacquard loom weaves flowers and leaves.',
    'Ada Lovelace',
    'creativity, knowledge',
  ],
];

export const SANDBOX_QUOTATIONS: readonly SandboxQuotation[] = ROWS.map(([quote, author, tags]) => ({
  quote,
  author,
  tags: tags.split(', '),
}));
