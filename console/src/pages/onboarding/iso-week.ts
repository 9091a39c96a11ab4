const DAY_MS = 24 * 60 * 60 * 1_000;

/** The ISO week in UTC of an instant, such as `2026-W48`: weeks begin on Mondays and belong to the year of their Thursday. */
export function isoWeek(at: Date): string {
  const weekday = (at.getUTCDay() + 6) % 7;
  const thursday = new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate() - weekday + 3));
  const newYear = Date.UTC(thursday.getUTCFullYear(), 0, 1);
  const week = 1 + Math.floor((thursday.getTime() - newYear) / (7 * DAY_MS));
  return `${thursday.getUTCFullYear()}-W${String(week).padStart(2, '0')}`;
}

/** The weeks from the one `weeks - 1` before to the present one, as a request has them. */
export function lastWeeks(weeks: number, now: Date): { readonly from_week: string; readonly to_week: string } {
  return { from_week: isoWeek(new Date(now.getTime() - (weeks - 1) * 7 * DAY_MS)), to_week: isoWeek(now) };
}
