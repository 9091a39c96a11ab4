import type { Flag } from '../../core/flags/flag.js';
import { textOf } from '../../core/sentences/part.js';
import { titleOf } from '../../core/sentences/rules-difference.js';
import { type FlagState, flagState } from '../../core/snapshot/flag-state.js';
import type { Snapshot } from '../../core/snapshot/snapshot.js';
import { didYouMean } from '../../core/values/nearest-name.js';
import { DAY_MS } from '../../core/values/time/time.js';
import type { AskedKey } from '../../store/node-store.js';
import {
  type Attention,
  type AttentionKind,
  type AttentionTarget,
  COUNTED,
  counted,
  named,
  TARGETS_TOLD,
} from './attention.js';
import type { FlagFindings } from './flag-review.js';

/** For how long a flag that is on for everyone stays unchanged before it is told, in days. */
const SETTLED_DAYS = 30;

export interface FlagOverview {
  /** How many flags there are in each state. */
  readonly states: ReadonlyMap<FlagState, number>;
  readonly attention: readonly Attention[];
}

export interface FlagQuestions {
  readonly snapshot: Snapshot;
  readonly now: number;
  /** What clients asked for of which there is no flag, or an archived one. */
  readonly asked: readonly AskedKey[];
  /** What was found of flags. */
  readonly found: readonly FlagFindings[];
}

/** How the flags stand, and which of them need somebody: from memory alone. */
export function flagOverview({ snapshot, now, asked, found }: FlagQuestions): FlagOverview {
  const states = new Map<FlagState, number>();
  const [ended, settled]: [Flag[], Flag[]] = [[], []];
  for (const compiled of snapshot.flags.values()) {
    const flag = compiled.stored;
    const state = flagState(compiled, now);
    states.set(state, (states.get(state) ?? 0) + 1);
    if (flag.archived) continue;
    if (flag.active && flag.endsAt !== undefined && flag.endsAt <= now) ended.push(flag);
    if (state === 'EVERYONE' && now - flag.updatedAt >= SETTLED_DAYS * DAY_MS) settled.push(flag);
  }
  return {
    states,
    attention: [
      ...broken(snapshot),
      ...unknown(snapshot, asked),
      ...archivedInUse(snapshot, asked),
      ...told('FLAGS_WITH_WARNINGS', found.map(doubted), (n, keys) =>
        n === 1
          ? `1 flag would be refused, or warned of, if it were written as it is: ${keys}`
          : `${counted(n, 'flag')} would be refused, or warned of, if they were written as they are: ${keys}`,
      ),
      ...told('FLAGS_ENDED', ended.map(endedAt), (n, keys) =>
        n === 1
          ? `the window of 1 flag has ended: ${keys}`
          : `the windows of ${counted(n, 'flag')} have ended: ${keys}`,
      ),
      ...told('FLAGS_FOR_EVERYONE', settled.map(changedAt), (n, keys) =>
        n === 1
          ? `1 flag is on for everyone, and has not changed for ${SETTLED_DAYS} days: ${keys}`
          : `${counted(n, 'flag')} are on for everyone, and have not changed for ${SETTLED_DAYS} days: ${keys}`,
      ),
    ],
  };
}

const endedAt = ({ key, endsAt }: Flag): AttentionTarget => ({
  ...{ kind: 'flag', id: key, note: '' },
  ...(endsAt !== undefined && { since: endsAt }),
});
const changedAt = ({ key, updatedAt }: Flag): AttentionTarget => ({
  ...{ kind: 'flag', id: key, note: '', since: updatedAt },
});

function doubted({ flag, first: { pointer, message }, count }: FlagFindings): AttentionTarget {
  const more = count === 1 ? '' : ` (and ${count - 1} more)`;
  return { kind: 'flag', id: flag.key, note: `${placeWords(flag, pointer)}${message}${more}` };
}

/** Which part of a flag a pointer leads into, as its sentences call it: `rule 2: `; nothing for all of it. */
function placeWords({ rules }: Flag, pointer: string): string {
  const [field = '', index = ''] = pointer.split('/').slice(1);
  const rule = field === 'rules' ? rules[Number(index)] : undefined;
  if (rule !== undefined) return `${textOf(titleOf(rule, Number(index)))}: `;
  return field === '' ? '' : `${field.replaceAll('_', ' ')}: `;
}

function broken({ failures }: Snapshot): readonly Attention[] {
  const targets = failures.map(({ flagKey, message }) => ({ kind: 'flag', id: flagKey, note: message }) as const);
  return told('FLAGS_BROKEN', targets, (n, keys) =>
    n === 1
      ? `1 flag cannot be compiled, and is decided as before or off: ${keys}`
      : `${counted(n, 'flag')} cannot be compiled, and are decided as before or off: ${keys}`,
  );
}

function unknown(snapshot: Snapshot, asked: readonly AskedKey[]): readonly Attention[] {
  const wanted = asked.filter(({ key }) => !snapshot.flags.has(key));
  // Only what is told is compared with all flags.
  const near = new Set(wanted.slice(0, TARGETS_TOLD));
  const targets = wanted.map((one): AttentionTarget => {
    const hint = near.has(one) ? nearestFlag(one.key, snapshot) : '';
    return { kind: 'unknown_flag', id: one.key, note: `${asks(one)}${hint}`, since: one.firstAt };
  });
  return told('FLAGS_UNKNOWN', targets, (n, keys) => {
    const which = n === 1 ? '1 key that no flag has' : `${counted(n, 'key')} that no flag has`;
    return `clients asked for ${which}: ${keys}`;
  });
}

function archivedInUse({ flags }: Snapshot, asked: readonly AskedKey[]): readonly Attention[] {
  const wanted = asked.filter(({ key }) => flags.get(key)?.stored.archived);
  const targets = wanted.map((one) => ({ kind: 'flag', id: one.key, note: asks(one), since: one.firstAt }) as const);
  return told(
    'FLAGS_ARCHIVED_IN_USE',
    targets,
    (n, keys) => `clients still ask for ${counted(n, 'archived flag')}: ${keys}`,
  );
}

function asks({ times }: AskedKey): string {
  return times === 1 ? 'asked for once' : `asked for ${times} times`;
}

/** The hint for a key, which is found by comparing it with many; for each snapshot once. */
const hints = new WeakMap<Snapshot, Map<string, string>>();

function nearestFlag(key: string, snapshot: Snapshot): string {
  const known = hints.get(snapshot) ?? new Map<string, string>();
  hints.set(snapshot, known);
  let hint = known.get(key);
  if (hint === undefined) {
    hint = didYouMean(key, likely(key, snapshot));
    known.set(key, hint);
  }
  return hint;
}

/** All keys of flags that are not archived, those first that begin as this one does: not all of very many are compared. */
function likely(key: string, { flags }: Snapshot): readonly string[] {
  const first = key[0]?.toLowerCase();
  const [alike, others]: [string[], string[]] = [[], []];
  for (const { stored } of flags.values()) {
    if (!stored.archived) (stored.key[0]?.toLowerCase() === first ? alike : others).push(stored.key);
  }
  return [...alike, ...others];
}

/** Nothing where there are no targets. Those come first of which it has been so for longest, and then by key. */
function told(
  kind: AttentionKind,
  targets: readonly AttentionTarget[],
  sentence: (count: number, keys: string) => string,
): readonly Attention[] {
  if (targets.length === 0) return [];
  const asked = kind === 'FLAGS_UNKNOWN' || kind === 'FLAGS_ARCHIVED_IN_USE';
  // What was asked for comes as it is: the most often first.
  const order = (one: AttentionTarget): number => one.since ?? 0;
  const sorted = asked ? targets : targets.toSorted((a, b) => order(a) - order(b));
  const since = targets.reduce((least, one) => Math.min(least, one.since ?? least), Number.POSITIVE_INFINITY);
  const count = Math.min(targets.length, COUNTED);
  return [
    {
      kind,
      sentence: sentence(count, named(sorted.map(({ id }) => id))),
      count,
      ...(Number.isFinite(since) && { since }),
      targets: sorted.slice(0, TARGETS_TOLD),
    },
  ];
}
