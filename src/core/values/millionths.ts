/**
 * Amounts as whole millionths: sums of those are exact, where sums of binary fractions are not. Ten times 0.1 is 1.
 */

/** The largest amount, and the largest sum of amounts, either way: a database's 64-bit integer holds it in millionths. */
export const LARGEST_AMOUNT = 9e12;
export const LARGEST_MILLIONTHS = 9_000_000_000_000_000_000n;

const PER_UNIT = 1e6;
const DECIMALS = 6;
/** The largest unit of which the millionths are a safe integer. */
const SAFE_UNITS = Math.floor(Number.MAX_SAFE_INTEGER / PER_UNIT);
const SAFE_MILLIONTHS = BigInt(Number.MAX_SAFE_INTEGER);

const DECIMAL = /^([+-]?)(?:(\d+)(?:\.(\d*))?|\.(\d+))(?:[eE]([+-]?\d{1,4}))?$/;
const LONGEST_DECIMAL = 64;
/** Powers of ten beyond every amount; a larger one is not worked out. */
const LARGEST_POWER = 40;

/**
 * The millionths of a number, by the decimal that it is written as and not by its binary fraction; half a millionth goes to
 * the even side. Only finite numbers have any: throws a RangeError for others.
 */
export function millionthsOf(value: number): bigint {
  if (Number.isInteger(value) && Math.abs(value) <= SAFE_UNITS) return BigInt(value * PER_UNIT);
  const millionths = millionthsOfText(String(value));
  if (millionths === undefined) throw new RangeError(`${value} has no millionths`);
  return millionths;
}

/**
 * The millionths of a decimal text (`12.50`, `-3`, `1e3`), rounded in the same way; undefined for a text that is no decimal of
 * 64 characters at most. An amount that is far too large is given as some amount beyond the largest.
 */
export function millionthsOfText(text: string): bigint | undefined {
  const parts = text.length <= LONGEST_DECIMAL ? DECIMAL.exec(text) : null;
  if (parts === null) return undefined;
  const [, sign, whole = '', fraction = parts[4] ?? '', , exponent = '0'] = parts;
  const digits = BigInt(whole + fraction);
  const power = Number(exponent) - fraction.length + DECIMALS;
  const size = scaled(digits, power);
  return sign === '-' ? -size : size;
}

/** `digits` × 10^`power`, rounded half-even to a whole number. */
function scaled(digits: bigint, power: number): bigint {
  if (digits === 0n) return 0n;
  if (power >= 0) return digits * 10n ** BigInt(Math.min(power, LARGEST_POWER));
  // Nothing is left of a text's digits that are divided by so much.
  if (power < -LONGEST_DECIMAL - 1) return 0n;
  const divisor = 10n ** BigInt(-power);
  const [quotient, rest] = [digits / divisor, (digits % divisor) * 2n];
  const up = rest > divisor || (rest === divisor && quotient % 2n === 1n);
  return up ? quotient + 1n : quotient;
}

/**
 * The number that an amount in millionths is read as: the nearest one, so that it equals the decimal as people write it. Beyond
 * some 9·10⁹ numbers are further apart than millionths, and it is the largest number that is not above the amount: `≥` and
 * `<` are exact there, too.
 */
export function amountOf(millionths: bigint): number {
  if (millionths <= SAFE_MILLIONTHS && millionths >= -SAFE_MILLIONTHS) return Number(millionths) / PER_UNIT;
  let amount = Number(`${millionths}e-${DECIMALS}`);
  while (millionthsOf(amount) > millionths) amount = below(amount);
  return amount;
}

/** The amount that is kept of a number: rounded to millionths. */
export function roundedAmount(value: number): number {
  return Number.isInteger(value) ? value : amountOf(millionthsOf(value));
}

/** The least amount in whole millionths that is not below a number. */
export function amountNotBelow(value: number): number {
  const millionths = millionthsOf(value);
  return amountOf(amountOf(millionths) < value ? millionths + 1n : millionths);
}

/** The exact difference of two amounts. */
export function amountBetween(from: number, to: number): number {
  return amountOf(millionthsOf(to) - millionthsOf(from));
}

/** The next smaller number; not for 0. */
function below(value: number): number {
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, value);
  bits.setBigInt64(0, bits.getBigInt64(0) + (value > 0 ? -1n : 1n));
  return bits.getFloat64(0);
}
