/** Fractional bits of the logarithms here. */
const FRACTION_BITS = 32;
const ONE = 2 ** FRACTION_BITS;

/** The table has logarithms of 1, 1 + 1/2048, …, 2. What lies between two of them is interpolated. */
const STEP_BITS = 11;
const STEPS = 2 ** STEP_BITS;
const REST_BITS = FRACTION_BITS - STEP_BITS;
const REST = 2 ** REST_BITS;

/** Bits of the integers by which the table is made: far more than it keeps, so that every entry is rounded rightly. */
const WORKING_BITS = 96n;

const TABLE = logarithms();

/**
 * How far the middle of a hash's interval lies below 1, as a logarithm: `-log2((hash + 1/2) / 2^32)` in 2^-32ths, a whole number
 * from 1 to 33 · 2^32. It falls as the hash grows. `hash` is an unsigned 32-bit number.
 *
 * Integers alone, so that it is the same on every machine and in every language. With `x = 2 · hash + 1`, whose highest bit is bit
 * e, and the fraction `f = x · 2^(32-e) - 2^32`, cut into its upper 11 bits i and the 21 others r, it is
 * `33 · 2^32 - (e · 2^32 + T[i] + floor((T[i+1] - T[i]) · r / 2^21))`, where `T[i] = round(2^32 · log2(1 + i/2048))`.
 */
export function binaryDistance(hash: number): number {
  const zeros = Math.clz32(hash);
  const fraction = hash === 0 ? 0 : (((hash << zeros) << 1) | (1 << zeros)) >>> 0;
  const step = fraction >>> REST_BITS;
  const low = TABLE[step]!;
  const between = Math.floor(((TABLE[step + 1]! - low) * (fraction & (REST - 1))) / REST);
  return (zeros + 1) * ONE - low - between;
}

/**
 * The table, made of `ln((n+1)/n) = 2 · artanh(1/(2n+1)) = 2 · (1/m + 1/3m³ + 1/5m⁵ + …)` with `m = 2n+1` (NIST Digital
 * Library of Mathematical Functions, 4.6): the sum of these from n = 2048 on is `ln(1 + i/2048)`, and all of them are `ln 2`.
 */
function logarithms(): Float64Array {
  const sums = [0n];
  for (let n = STEPS; n < 2 * STEPS; n++) sums.push(sums.at(-1)! + halfLogarithmOfStep(BigInt(n)));
  const half = sums.at(-1)!;
  return Float64Array.from(sums, (sum) => Number(((sum << BigInt(FRACTION_BITS + 1)) + half) / (2n * half)));
}

/** Half of `ln((n+1)/n)` in 2^-96ths. */
function halfLogarithmOfStep(n: bigint): bigint {
  const m = 2n * n + 1n;
  let power = (1n << WORKING_BITS) / m;
  let sum = 0n;
  for (let k = 1n; power > 0n; k += 2n) {
    sum += power / k;
    power /= m * m;
  }
  return sum;
}
