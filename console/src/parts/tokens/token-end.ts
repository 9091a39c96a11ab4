import type { Token } from '../../../../src/protocol/gen/admin-json.js';

const MINUTE_MS = 60_000;
export const DAY_MS = 24 * 60 * MINUTE_MS;
/** By so much a lifetime of days may differ from them: by the way to the server, and by what its clock is off. */
const SLACK_MS = 60 * MINUTE_MS;

/** After how many days a token ends, by what is picked. */
export const ENDINGS = { never: undefined, days30: 30, days90: 90, days365: 365, at: undefined } as const;
export type Ending = keyof typeof ENDINGS;

/**
 * When a token ends that takes the place of another one: it lasts as long as that one was to last. `until` is what the clocks here read then,
 * as in `2026-11-28T14:00`, where no number of days is that long; else ''. Without another one it never ends.
 */
export function endLike(
  from: Pick<Token, 'created_at' | 'expires_at'> | undefined,
  nowMs: number,
): { readonly ending: Ending; readonly until: string } {
  const lifetimeMs = Date.parse(from?.expires_at ?? '') - Date.parse(from?.created_at ?? '');
  if (Number.isNaN(lifetimeMs)) return { ending: 'never', until: '' };
  for (const ending of ['days30', 'days90', 'days365'] as const)
    if (Math.abs(lifetimeMs - ENDINGS[ending] * DAY_MS) < SLACK_MS) return { ending, until: '' };
  return { ending: 'at', until: readingOf(nowMs + lifetimeMs) };
}

/** What the clocks here read at an instant, or at the next full minute. */
function readingOf(epochMs: number): string {
  const full = new Date(Math.ceil(epochMs / MINUTE_MS) * MINUTE_MS);
  const shifted = new Date(full.getTime() - full.getTimezoneOffset() * MINUTE_MS);
  return shifted.toISOString().slice(0, 'YYYY-MM-DDTHH:MM'.length);
}
