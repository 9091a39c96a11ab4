/** What is edited, and the way there. */
export interface Steps<T> {
  readonly now: T;
  /** The earliest first; a hundred at most. */
  readonly past: readonly T[];
  /** The latest last. */
  readonly undone: readonly T[];
  /** What is being typed, and when that was last, so that undo takes back words and not letters. */
  readonly typing: { readonly target: string; readonly atMs: number } | undefined;
}

/** That a change is one of many of the same field, and when it was, in milliseconds of any clock that does not go back. */
export interface Typing {
  readonly atMs: number;
}

/** After a pause of this length what is typed is undone apart from what was typed before. */
export const TYPING_PAUSE_MS = 1_500;
const MAX_PAST = 100;

/** At the beginning of the way. */
export function firstStep<T>(now: T): Steps<T> {
  return { now, past: [], undone: [], typing: undefined };
}

/** Goes to another content. What goes on typing belongs to the step before. */
export function stepTo<T>({ now, past, typing: before }: Steps<T>, next: T, typing?: Steps<T>['typing']): Steps<T> {
  const goesOn =
    typing !== undefined &&
    before?.target === typing.target &&
    typing.atMs - before.atMs < TYPING_PAUSE_MS &&
    past.length > 0;
  const steps = goesOn ? past : [...past, now].slice(-MAX_PAST);
  return { now: next, past: steps, undone: [], typing };
}

/** One step back, where there is one. */
export function undoStep<T>(steps: Steps<T>): Steps<T> {
  const before = steps.past.at(-1);
  if (before === undefined) return steps;
  return { now: before, past: steps.past.slice(0, -1), undone: [...steps.undone, steps.now], typing: undefined };
}

/** The step forward that was taken back last, where there is one. */
export function redoStep<T>(steps: Steps<T>): Steps<T> {
  const next = steps.undone.at(-1);
  if (next === undefined) return steps;
  return { now: next, past: [...steps.past, steps.now], undone: steps.undone.slice(0, -1), typing: undefined };
}
