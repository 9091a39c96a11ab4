/** What of the history is shown, as its address says. Days are those of the reader's zone, `2026-11-28`, both included. */
export interface HistorySearch {
  readonly q?: string;
  /** With a subject alone it filters anything; `stages` are one thing, and need none. */
  readonly kind?: string;
  /** The key, id or name of a thing of the kind. */
  readonly subject?: string;
  readonly actor?: string;
  readonly organization?: string;
  readonly from?: string;
  readonly to?: string;
  /** The id of the entry that is open. */
  readonly entry?: string;
}

const TEXTS = ['q', 'kind', 'actor', 'organization', 'entry'] as const;
const DAY = /^\d{4}-\d\d-\d\d$/;

/** The kind that has one thing alone, which is called like it. */
export const ONLY_ONE = 'stages';

/** How far back a text is sought where no days are given. */
export const TEXT_DAYS = 30;
/** The longest range in which the server looks for a text. */
const MOST_TEXT_DAYS = 92;
const DAY_MS = 24 * 60 * 60 * 1_000;

/** Reads an address; what no filter can be is left out. */
export function readHistorySearch(search: Readonly<Record<string, unknown>>): HistorySearch {
  const kept: Record<string, string> = {};
  for (const name of TEXTS) {
    const text = textOf(search[name]);
    if (text !== undefined) kept[name] = text;
  }
  const subject = textOf(search.subject);
  if (subject !== undefined && kept.kind !== undefined) kept.subject = subject;
  for (const name of ['from', 'to'] as const) {
    const day = textOf(search[name]);
    if (day !== undefined && isDay(day)) kept[name] = day;
  }
  return kept;
}

/** The same without what is empty, and without a name of a thing of no kind. */
export function changedSearch(
  search: HistorySearch,
  part: { readonly [K in keyof HistorySearch]: HistorySearch[K] | undefined },
): HistorySearch {
  return readHistorySearch({ ...search, ...part });
}

export function isFiltered({ entry, ...filters }: HistorySearch): boolean {
  return Object.values(filters).some((value) => value !== undefined);
}

/** What keeps the days of a search from being looked at: that they end before they begin, or are too many for a text to be sought in. */
export function faultOfDays({ q, from, to }: HistorySearch, now: Date): 'inverted' | 'tooMany' | undefined {
  if (from === undefined) return undefined;
  const [first, end] = [startOf(from), to === undefined ? now : startOf(to, 1)];
  if (to !== undefined && end <= first) return 'inverted';
  return q !== undefined && end.getTime() - first.getTime() > MOST_TEXT_DAYS * DAY_MS ? 'tooMany' : undefined;
}

/** The query of `GET /api/admin/audit` for a search. */
export function auditQuery({ q, kind, actor, organization, from, to, ...search }: HistorySearch, now: Date) {
  const subject = kind === ONLY_ONE ? ONLY_ONE : search.subject;
  const since = from === undefined ? (q === undefined ? undefined : sinceFor(to, now)) : startOf(from);
  return {
    ...(q === undefined ? {} : { q }),
    ...(kind === undefined || subject === undefined ? {} : { kind, subject }),
    ...(actor === undefined ? {} : { actor }),
    ...(organization === undefined ? {} : { organization_id: organization }),
    ...(since === undefined ? {} : { from: since.toISOString() }),
    ...(to === undefined ? {} : { to: startOf(to, 1).toISOString() }),
  };
}

function sinceFor(to: string | undefined, now: Date): Date {
  const until = to === undefined ? now : startOf(to, 1);
  const since = new Date(until);
  since.setDate(since.getDate() - TEXT_DAYS);
  return since;
}

/** The 30th of February is none. */
function isDay(text: string): boolean {
  return DAY.test(text) && startOf(text).getDate() === Number(text.slice(-2));
}

/** Midnight at the reader's, so many days later. */
function startOf(day: string, daysLater = 0): Date {
  const [year = 0, month = 0, date = 0] = day.split('-').map(Number);
  return new Date(year, month - 1, date + daysLater);
}

/** The router reads what looks like a number as one. */
function textOf(value: unknown): string | undefined {
  const text = typeof value === 'number' || typeof value === 'boolean' ? String(value) : value;
  return typeof text === 'string' && text.trim() !== '' ? text.trim().slice(0, 255) : undefined;
}
