import { decide } from '../../core/deciding/evaluate.js';
import { subjectOf } from '../../core/deciding/subject.js';
import type { Snapshot } from '../../core/snapshot/snapshot.js';
import { foldLedger, type LedgerEntry } from '../../core/states/ledger.js';
import type { OrganizationState } from '../../core/states/organization-state.js';
import type { UserState } from '../../core/states/user-state.js';
import { latch, nextLatchAt } from '../../core/unlocking/latch.js';
import { forgottenUnlocks } from '../../core/unlocking/ledger-change.js';
import { catchUp } from '../catch-up.js';
import type { Judging, Surroundings, Touched } from '../judge-user.js';

interface Moment {
  readonly snapshot: Snapshot;
  readonly user: UserState;
  readonly organization: OrganizationState | undefined;
  readonly at: number;
}

/** What `judgeUser` is to come to, by looking at every flag there is: for tests to compare with. */
export function judgeByEverything(
  { before: stored, after: given, entries: made = [] }: Touched,
  { snapshot, snapshotBefore, now }: Pick<Judging, 'snapshot' | 'snapshotBefore' | 'now'>,
  { organizationBefore, organization, dueAt }: Surroundings,
) {
  const stamp = { kind: 'relocked', earnedAt: now, recordedAt: now, cause: { type: 'backfill' } } as const;
  const forgotten = forgottenUnlocks(snapshot, stored.ledger).map((one) => ({ ...one, ...stamp }));
  const entitled = { ...stored, ledger: folded(stored, forgotten) };
  const past = catchUp({ snapshot, user: entitled, organization: organizationBefore, dueAt, now });
  const before = { snapshot: snapshotBefore, user: past.user, organization: organizationBefore, at: now };
  const flippedByTime =
    dueAt === undefined || dueAt > now
      ? { unlocked: [], locked: [] }
      : flipsOfAll({ ...before, snapshot, user: stored, at: dueAt - 1 }, { ...before, snapshot });
  const latched = latch(snapshot, { ...given, ledger: folded(past.user, made) }, organization, now);
  const after = { snapshot, user: latched.user, organization, at: now };
  return {
    ledger: latched.user.ledger,
    /** Of each entry its kind, flag, rule and instant. */
    entries: [
      ...[...forgotten, ...past.entries, ...made].map(({ kind, flagId, ruleId, earnedAt }) => [
        kind,
        flagId,
        ruleId,
        earnedAt,
      ]),
      ...latched.unlocks.map(({ compiled, entry }) => ['unlocked', compiled.flag.id, entry.rule.id, now]),
    ],
    flippedByTime,
    flipped: flipsOfAll(before, after),
    dueAt: nextLatchAt(snapshot, latched.user, organization, now),
  };
}

function folded(user: UserState, entries: readonly LedgerEntry[]) {
  return entries.length === 0 ? user.ledger : foldLedger(entries, user.ledger);
}

function flipsOfAll(before: Moment, after: Moment) {
  const [past, present] = [before, after].map(({ snapshot, user, organization }) =>
    subjectOf(snapshot, user, organization),
  );
  const unlocked: string[] = [];
  const locked: string[] = [];
  for (const key of [...after.snapshot.flags.keys()].toSorted((a, b) => (a < b ? -1 : 1))) {
    const was = decide(before.snapshot, key, past!, before.at).enabled;
    const is = decide(after.snapshot, key, present!, after.at).enabled;
    if (is && !was) unlocked.push(key);
    if (was && !is) locked.push(key);
  }
  return { unlocked, locked };
}
