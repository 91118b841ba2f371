/** What the sky looks like, as far as a drawing of it goes. */
export type Sky = 'sun' | 'sun-cloud' | 'cloud' | 'fog' | 'rain' | 'snow' | 'storm';

// The words of WMO code table 4677, in the order in which they decide: "thunderstorm with hail" is a storm first.
const SKIES: readonly (readonly [RegExp, Sky])[] = [
  [/thunder|storm/i, 'storm'],
  [/snow|sleet|hail|ice|blizzard/i, 'snow'],
  [/rain|drizzle|shower/i, 'rain'],
  [/fog|mist|haze/i, 'fog'],
  [/partly|mainly clear|few clouds/i, 'sun-cloud'],
  [/cloud|overcast/i, 'cloud'],
  [/clear|sun/i, 'sun'],
];

/** The drawing that fits a condition in words; a cloud where nobody knows. */
export function skyOf(condition: string): Sky {
  return SKIES.find(([words]) => words.test(condition))?.[1] ?? 'cloud';
}

/** An amount in its currency, as people write it, with the currency's own digits. */
export function moneyText(amount: number, currency: string): string {
  try {
    return new Intl.NumberFormat('en', { style: 'currency', currency, currencyDisplay: 'code' }).format(amount);
  } catch {
    return `${amount} ${currency}`;
  }
}

/** Up to two letters that stand for a name. */
export function initialsOf(name: string): string {
  const words = name.split(/[\s_-]+/).filter((word) => /[\p{L}\p{N}]/u.test(word));
  const letters = words.length > 1 ? [words[0], words.at(-1)] : [words[0] ?? name];
  return letters
    .map((word) => [...(word ?? '')][0] ?? '')
    .join('')
    .toUpperCase();
}

/** A count as people read it at a glance: 940, 20K. */
export function countText(count: number): string {
  return new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 }).format(count);
}
