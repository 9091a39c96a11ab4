/** What an answer takes on its way, and the rest of its second, are no difference of clocks. */
const WORTH_CORRECTING_MS = 5_000;

let aheadMs = 0;

/** Notes how far the server's clock is ahead of the browser's, by the `Date` of an answer that has just come. */
export function noteServerTime({ headers }: Pick<Response, 'headers'>): void {
  const told = Date.parse(headers.get('date') ?? '');
  if (Number.isNaN(told)) return;
  const ahead = told - Date.now();
  aheadMs = Math.abs(ahead) < WORTH_CORRECTING_MS ? 0 : ahead;
}

/** The present instant by the server's clock, by which all that it decides begins and ends: that of a browser may be off by days. */
export function serverNow(): number {
  return Date.now() + aheadMs;
}
