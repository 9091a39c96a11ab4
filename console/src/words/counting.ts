const plural = new Intl.PluralRules('en');

export const number = new Intl.NumberFormat('en');
export const percent = new Intl.NumberFormat('en', { maximumFractionDigits: 3 });
export const list = new Intl.ListFormat('en');

/** `1 flag`, `2,310 flags`. */
export function count(n: number, one: string, other: string): string {
  return `${number.format(n)} ${plural.select(n) === 'one' ? one : other}`;
}

/** A length of time as people say it: `12 minutes`. */
export function duration(seconds: number): string {
  if (seconds < 90) return count(Math.max(1, Math.round(seconds)), 'second', 'seconds');
  if (seconds < 90 * 60) return count(Math.round(seconds / 60), 'minute', 'minutes');
  if (seconds < 36 * 3_600) return count(Math.round(seconds / 3_600), 'hour', 'hours');
  return count(Math.round(seconds / 86_400), 'day', 'days');
}
