const MOST = 40;

/** A value in few characters, to tell variants apart. */
export function valueInBrief(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > MOST ? `${text.slice(0, MOST - 1)}…` : text;
}
