// Money is converted in whole numbers: 0.1 + 0.2 is no 0.3 in the numbers of JavaScript, and a cent that is off is wrong.

/** What one unit of a common currency, such as the euro, is in two others. */
export interface TwoRates {
  readonly base: number;
  readonly target: number;
}

/** The rate from the base into the target: as it was published where the base is the common currency itself, else to ten digits. */
export function rateBetween({ base, target }: TwoRates): number {
  return base === 1 ? target : Number((target / base).toPrecision(10));
}

/**
 * An amount of the base in the target currency, exact until it is rounded once, half up, to that currency's smallest unit.
 * That is how the law rounds sums of money that are converted (Council Regulation (EC) No 1103/97, article 5).
 */
export function convert(amount: number, { base, target }: TwoRates, currency: string): number {
  const decimals = decimalsOf(currency);
  const [a, t, b] = [fraction(amount), fraction(target), fraction(base)];
  // amount * target / base, in the smallest unit of the target
  const numerator = a.digits * t.digits * b.unit * 10n ** BigInt(decimals);
  const denominator = a.unit * t.unit * b.digits;
  const units = (2n * numerator + denominator) / (2n * denominator);
  return Number(`${units}e-${decimals}`);
}

// ISO 4217, which Intl does not follow: it goes by what prices show, and that changes with its version.
const WITHOUT_DECIMALS = new Set('BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF'.split(' '));
const WITH_THREE = new Set('BHD IQD JOD KWD LYD OMR TND'.split(' '));

/** How many decimals the smallest unit of a currency has. */
function decimalsOf(currency: string): number {
  if (WITHOUT_DECIMALS.has(currency)) return 0;
  return WITH_THREE.has(currency) ? 3 : 2;
}

/** A positive number as the decimal fraction that JSON writes for it: 1.05 is 105 of a hundred. */
function fraction(value: number): { digits: bigint; unit: bigint } {
  const [, whole = '0', decimals = '', exponent = '0'] = /^(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(String(value)) ?? [];
  const places = decimals.length - Number(exponent);
  const digits = BigInt(whole + decimals);
  return places >= 0 ? { digits, unit: 10n ** BigInt(places) } : { digits: digits * 10n ** BigInt(-places), unit: 1n };
}
