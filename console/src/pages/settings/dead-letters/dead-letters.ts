import type { DeadLetter, EventKeyInput } from '../../../../../src/protocol/gen/admin-json.js';
import { call } from '../../../api/api.js';

/** For whom an event could not be counted. */
export type LetterKind = 'user' | 'organization';

/** How many are named by one call, so that it can be told how far that is. */
const AT_ONCE = 100;

export function kindOf({ contribution }: Pick<DeadLetter, 'contribution'>): LetterKind {
  return contribution === '' ? 'user' : 'organization';
}

/** What names a dead letter to the server. */
export function keyOf({ event, contribution }: Pick<DeadLetter, 'event' | 'contribution'>): EventKeyInput {
  if (contribution !== '') return { contribution, organization_id: event?.organization_id ?? '' };
  return { user_id: event?.user_id ?? '', source: event?.source ?? '', id: event?.id ?? '' };
}

/** The same as a text, by which rows are told apart. */
export function nameOf(letter: DeadLetter): string {
  return JSON.stringify(keyOf(letter));
}

export interface LetterFilter {
  readonly q: string;
  readonly kind: string;
  readonly reason: string;
}

/** Whether a dead letter is one of those that are looked for; what is empty looks for nothing. */
export function fits(letter: DeadLetter, { q, kind, reason }: LetterFilter): boolean {
  const { event } = letter;
  const texts = [event?.user_id, event?.action, event?.id, event?.source, event?.organization_id, letter.reason];
  return (
    (kind === '' || kindOf(letter) === kind) &&
    (reason === '' || letter.reason === reason) &&
    texts.some((text = '') => text.toLowerCase().includes(q.toLowerCase()))
  );
}

/** The reasons that there are, those first that most have. */
export function reasonsOf(
  letters: readonly DeadLetter[],
): readonly { readonly reason: string; readonly count: number }[] {
  const counts = new Map<string, number>();
  for (const { reason } of letters) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return [...counts].map(([reason, count]) => ({ reason, count })).sort((a, b) => b.count - a.count);
}

export interface LettersRun {
  readonly letters: readonly DeadLetter[];
  readonly comment: string;
  readonly signal: AbortSignal;
  readonly onProgress: (done: number, of: number) => void;
}

/** Has dead letters processed again, some at once and in their order; gives how many were still dead. */
export function replayLetters(run: LettersRun): Promise<number> {
  return inParts(run, async (events, comment) => {
    const { replayed } = await call('POST /api/admin/dead-letters/replay', { body: { events, comment } });
    return replayed;
  });
}

/** Gives dead letters up for good, likewise. */
export function discardLetters(run: LettersRun): Promise<number> {
  return inParts(run, async (events, comment) => {
    const { discarded } = await call('POST /api/admin/dead-letters/discard', { body: { events, comment } });
    return discarded;
  });
}

async function inParts(
  { letters, comment, signal, onProgress }: LettersRun,
  does: (events: EventKeyInput[], comment: string) => Promise<number>,
): Promise<number> {
  let changed = 0;
  onProgress(0, letters.length);
  for (let at = 0; at < letters.length && !signal.aborted; at += AT_ONCE) {
    changed += await does(letters.slice(at, at + AT_ONCE).map(keyOf), comment);
    onProgress(Math.min(at + AT_ONCE, letters.length), letters.length);
  }
  return changed;
}
