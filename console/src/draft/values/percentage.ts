/** Everyone, in hundred-thousandths: what rollouts are counted in. */
export const PER_100K = 100_000;

const PER_PERCENT = PER_100K / 100;

/** A percentage as typed, or what is wrong with it. */
export type ReadPercentage = { readonly per100k: number } | { readonly fault: 'notANumber' | 'tooFine' | 'outOfRange' };

/** Hundred-thousandths as a percentage, without its sign and without what is not needed: `5`, `0.001`, `12.5`. */
export function percentage(per100k: number): string {
  const [whole, rest] = [Math.floor(per100k / PER_PERCENT), per100k % PER_PERCENT];
  const decimals = String(rest).padStart(3, '0').replace(/0+$/, '');
  return decimals === '' ? String(whole) : `${whole}.${decimals}`;
}

/**
 * Reads a percentage from 0 to 100 with three decimals at most, with or without its sign and with either decimal mark, exactly:
 * `12.345 %` is 12,345 hundred-thousandths.
 */
export function readPercentage(text: string): ReadPercentage {
  const [, whole, decimals = ''] = /^\s*(\d*)(?:[.,](\d*))?\s*%?\s*$/.exec(text) ?? [];
  if (whole === undefined || (whole === '' && decimals === '')) return { fault: 'notANumber' };
  const needed = decimals.replace(/0+$/, '');
  const parts = Number(whole) * PER_PERCENT + Number(needed.slice(0, 3).padEnd(3, '0'));
  if (parts > PER_100K || (parts === PER_100K && needed !== '')) return { fault: 'outOfRange' };
  return needed.length > 3 ? { fault: 'tooFine' } : { per100k: parts };
}

/** What a share comes to, for words. */
export interface ShareInWords {
  readonly kind: 'nobody' | 'everyone' | 'some';
  readonly percentage: string;
  /** Given where the share is exactly one in so many: 20 for 5 %. */
  readonly oneIn: number | undefined;
  /** About how many of the population it is; undefined where that is not known. */
  readonly about: number | undefined;
}

/** What a share of hundred-thousandths says, of a population where its size is known. */
export function shareInWords(per100k: number, population?: number): ShareInWords {
  const kind = per100k === 0 ? 'nobody' : per100k === PER_100K ? 'everyone' : 'some';
  const oneIn = kind === 'some' && PER_100K % per100k === 0 ? PER_100K / per100k : undefined;
  const about = population === undefined ? undefined : Math.round((population / PER_100K) * per100k);
  return { kind, percentage: percentage(per100k), oneIn, about };
}

/**
 * Weights as hundred-thousandths of their sum, which come to exactly 100 % together: what is left over by rounding goes to those
 * that lost most by it. All 0 where the weights are.
 */
export function sharesOf(weights: readonly number[]): readonly number[] {
  const sum = weights.reduce((total, weight) => total + weight, 0);
  if (sum === 0) return weights.map(() => 0);
  const exact = weights.map((weight) => (weight / sum) * PER_100K);
  const shares = exact.map(Math.floor);
  const left = PER_100K - shares.reduce((total, share) => total + share, 0);
  const losers = exact.map((share, i) => [share - shares[i]!, i] as const).sort(([a, i], [b, j]) => b - a || i - j);
  for (const [, i] of losers.slice(0, left)) shares[i]! += 1;
  return shares;
}
