import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { countEvents } from '../core/counting/count-events.js';
import type { Flag } from '../core/flags/flag.js';
import { compileSnapshot } from '../core/snapshot/compiling/compile-snapshot.js';
import type { Snapshot } from '../core/snapshot/snapshot.js';
import { foldLedger } from '../core/states/ledger.js';
import type { OrganizationState } from '../core/states/organization-state.js';
import { type UserState, unknownUser } from '../core/states/user-state.js';
import {
  afterUnlocking,
  configurationOf,
  flagOf,
  fromDay,
  latchingFlag,
  NOW,
  requires,
  ruleOf,
  segmentOf,
  snapshotOf,
  userOf,
  VERIFIED,
} from '../core/testing/samples.js';
import { judgeUser, type Touched } from './judge-user.js';
import { reconfigured } from './recompute.js';
import { arbitraryHistory, type Happening, type History, keyOf, STAGES } from './testing/arbitrary-history.js';
import { judgeByEverything } from './testing/judge-by-everything.js';

/** Figures over all histories, to know that something happened in them. */
const seen = { writes: 0, unlocks: 0, byTime: 0, flips: 0, flipsByTime: 0, timers: 0, looked: 0, there: 0 };

type Write = Exclude<Happening, { kind: 'delete' | 'organization' | 'flag' }>;

/** One user, judged anew whenever something happens, and held against looking at everything. */
class Life {
  #flags: readonly Flag[];
  #snapshot: Snapshot;
  #user: UserState = unknownUser('ada');
  #dueAt: number | undefined;
  #now = NOW;
  #versions = 2;
  readonly #history: History;
  readonly #organizations: Map<string, OrganizationState>;

  constructor(history: History) {
    this.#history = history;
    this.#flags = history.flags;
    this.#organizations = new Map(history.organizations.map((one) => [one.id, one]));
    this.#snapshot = this.#compiled();
  }

  happen(happening: Happening): void {
    this.#now += happening.afterMs;
    const [before, now] = [this.#user, this.#now];
    if (happening.kind === 'delete') {
      this.#user = { ...unknownUser(before.id), revision: before.revision + 1, deletedAt: now };
      this.#dueAt = undefined;
    } else if (happening.kind === 'organization') {
      this.#organizations.set(happening.organization.id, happening.organization);
      this.#backfill([]);
    } else if (happening.kind === 'flag') this.#reconfigure(happening);
    else this.#judge(this.#written(happening));
  }

  /** What a write makes of the user. */
  #written(happening: Write): Partial<Touched> {
    const [before, now] = [this.#user, this.#now];
    switch (happening.kind) {
      case 'events': {
        const events = happening.events.map(({ action, agoMs, value }, i) => ({
          ...{ id: `${i}`, source: '', userId: before.id, action, value, properties: {} },
          ...{ occurredAt: now - agoMs, receivedAt: now },
        }));
        return { after: countEvents(before, events, this.#snapshot).after };
      }
      case 'identify':
        return { after: { ...before, ...happening.profile } };
      case 'progress': {
        const { stage } = happening;
        const reached = before.stagesReached.some((one) => one.stage === stage);
        const stagesReached = reached ? before.stagesReached : [...before.stagesReached, { stage, reachedAt: now }];
        return { after: { ...before, stage, stageEnteredAt: now, stagesReached } };
      }
      case 'rows':
        return { after: { ...before, access: happening.rows } };
      case 'ledger': {
        const entries = happening.entries.map(({ flag, rule, kind }) => ({
          ...{ flagId: `flg_${keyOf(flag)}`, ruleId: rule, ruleVersion: 2, kind, earnedAt: now, recordedAt: now },
          cause: { type: 'ledger' } as const,
        }));
        return { entries };
      }
      case 'nothing':
        // A timer that is due, or a look that nothing was the reason of.
        return {};
    }
  }

  #reconfigure({ flag, rows, how }: Extract<Happening, { kind: 'flag' }>): void {
    const version = ++this.#versions;
    // Kept or relocked.
    const floorOf = (before: number): number => (before === 0 ? 0 : version);
    const rules = flag.rules.map((rule) => ({
      ...{ ...rule, version, ledgerFloor: floorOf(rule.ledgerFloor), changedAt: this.#now },
    }));
    const changed: Flag = { ...flag, rules, version, ...(how === 'unsettled' ? { unsettledSince: version } : {}) };
    const snapshotBefore = this.#snapshot;
    this.#flags = this.#flags.map((one) => (one.key === flag.key ? changed : one));
    this.#snapshot = this.#compiled();
    // Of a flag in the archive nothing is earned; what a timer waited for may be gone, and it is set anew when it is due.
    if (how === 'backfilled' || (how === 'unsettled' && flag.archived)) this.#backfill([flag.key]);
    else if (how === 'with rows') this.#judge({ after: { ...this.#user, access: rows } }, snapshotBefore);
  }

  /** As a backfill does: who is found to be out of date without a lock is judged by what was found, and by the flag itself. */
  #backfill(own: readonly string[]): void {
    if (this.#user.revision === 0) return;
    const { entries, dueAt } = judgeByEverything(
      { before: this.#user, after: this.#user, cause: { type: 'backfill' } },
      { snapshot: this.#snapshot, snapshotBefore: this.#snapshot, now: this.#now },
      this.#around(this.#user),
    );
    const overdue = this.#dueAt !== undefined && this.#dueAt <= this.#now;
    if (entries.length === 0 && (overdue || (this.#dueAt ?? Infinity) === dueAt)) return;
    const found = entries.map(([, flagId]) => this.#snapshot.flagsById.get(String(flagId))!.flag.key);
    this.#judge({ unsettled: new Set([...own, ...found, ...(own.length + found.length === 0 ? [keyOf(0)] : [])]) });
  }

  #judge(given: Partial<Touched>, snapshotBefore = this.#snapshot): void {
    const snapshot = this.#snapshot;
    const touched: Touched = { before: this.#user, after: this.#user, cause: { type: 'identify' }, ...given };
    const judging = { snapshot, snapshotBefore, reconfigured: reconfigured(snapshotBefore, snapshot), now: this.#now };
    const around = this.#around(touched.after);
    const judged = judgeUser(touched, judging, around);
    const expected = judgeByEverything(touched, judging, around);
    const { entries, flipped, flippedByTime, dueAt, user } = judged;
    expect({
      ...{ ledger: user.ledger, flipped, flippedByTime, dueAt },
      entries: entries.map(({ kind, flagId, ruleId, earnedAt }) => [kind, flagId, ruleId, earnedAt]),
    }).toEqual(expected);
    seen.writes += 1;
    seen.unlocks += entries.filter(({ kind }) => kind === 'unlocked').length;
    seen.byTime += entries.filter(({ cause }) => cause.type === 'time').length;
    seen.flips += flipped.unlocked.length + flipped.locked.length;
    seen.flipsByTime += flippedByTime.unlocked.length + flippedByTime.locked.length;
    if (dueAt !== Infinity) seen.timers += 1;
    seen.looked += judged.flags;
    seen.there += snapshot.flags.size;
    this.#user = user;
    this.#dueAt = dueAt === Infinity ? undefined : dueAt;
  }

  #around(after: UserState) {
    return {
      organizationBefore: this.#organizations.get(this.#user.organizationId),
      organization: this.#organizations.get(after.organizationId),
      dueAt: this.#dueAt,
    };
  }

  #compiled(): Snapshot {
    const { roleAccess, often } = this.#history;
    const more = {
      segments: [segmentOf('often', often)],
      stages: STAGES.map((name) => ({ name, selfSettable: true })),
      roleAccess,
    };
    const snapshot = compileSnapshot(configurationOf(this.#flags, more), this.#snapshot);
    if (snapshot.failures.length > 0) throw new Error(JSON.stringify(snapshot.failures));
    return snapshot;
  }
}

describe('judging a user by what was touched', () => {
  it('comes to what judging by everything comes to, whatever happens', () => {
    fc.assert(
      fc.property(arbitraryHistory, (history) => {
        const life = new Life(history);
        for (const happening of history.happenings) life.happen(happening);
      }),
      { numRuns: 2_000 },
    );
    const { writes, looked, there, ...rest } = seen;
    // The rarest of them, what flips by time, comes some fourteen times.
    for (const [name, count] of Object.entries(rest)) expect({ name, some: count > 0 }).toEqual({ name, some: true });
    expect(writes).toBeGreaterThan(1_250);
    expect(looked / there).toBeLessThan(0.7);
  });

  const judge = (flags: readonly Flag[], touched: Partial<Touched> = {}) => {
    const snapshot = snapshotOf(flags);
    const judging = { snapshot, snapshotBefore: snapshot, reconfigured: new Set<string>(), now: NOW };
    const around = { organizationBefore: undefined, organization: undefined, dueAt: undefined };
    return judgeUser({ before: known, after: known, cause: { type: 'identify' }, ...touched }, judging, around);
  };
  const known = userOf();
  const others = Array.from({ length: 50 }, (_, i) => latchingFlag(`other_${i}`, fromDay(i)));

  it('looks at nothing where no flag reads what a write changed', () => {
    const total = { count: 1, sum: 0n, activeDays: 1, firstAt: NOW, lastAt: NOW, recentDays: 1n };
    const judged = judge(others, { after: { ...known, actions: new Map([['export', total]]) } });
    expect(judged).toMatchObject({ flags: 0, user: { revision: 2 }, flipped: { unlocked: [], locked: [] } });
  });

  it('follows an unlock to whatever reads it, and to whatever requires that', () => {
    const live = flagOf('live', { rules: [ruleOf('r', { conditions: afterUnlocking('first') })] });
    const requiring = flagOf('requiring', { isEnabledGlobally: true, prerequisites: requires('live') });
    const flags = [latchingFlag('first', VERIFIED), live, requiring, latchingFlag('chained', afterUnlocking('first'))];
    const {
      flipped,
      entries,
      flags: looked,
    } = judge([...flags, ...others], { after: { ...known, emailVerified: true } });
    expect(flipped).toEqual({ unlocked: ['chained', 'first', 'live', 'requiring'], locked: [] });
    expect(entries.map(({ flagId }) => flagId)).toEqual(['flg_first', 'flg_chained']);
    expect(looked).toBe(4);
  });

  it('judges by a flag that not everybody was judged by, and by what reads whether it is unlocked', () => {
    // RELOCK took the unlock away, which lets the other one be earned.
    const relocked = ruleOf('rul_first', { policy: 'LATCHING', conditions: VERIFIED, version: 2, ledgerFloor: 2 });
    const first = flagOf('first', { rules: [relocked] });
    const without = latchingFlag('without', {
      not: { fact: 'unlocked', params: { flag: 'first' }, operator: 'equal', value: true },
    });
    const entry = { flagId: 'flg_first', ruleId: 'rul_first', ruleVersion: 2, kind: 'unlocked', earnedAt: 0 } as const;
    const before = {
      ...known,
      ledger: foldLedger([
        { ...entry, kind: 'unlocked', ruleVersion: 1 },
        { ...entry, kind: 'relocked' },
      ]),
    };
    const kinds = (flags: readonly Flag[]) =>
      judge(flags, { before, after: before }).entries.map(({ flagId }) => flagId);
    expect(kinds([first, without])).toEqual([]);
    expect(kinds([{ ...first, unsettledSince: 1 }, without])).toEqual(['flg_without']);
  });

  it('judges who is new, and who was deleted, by everything', () => {
    const flags = [latchingFlag('everyone', {}), ...others];
    for (const before of [unknownUser('ada'), { ...unknownUser('ada'), revision: 7, deletedAt: NOW - 1 }]) {
      const { entries, flags: looked } = judge(flags, { before, after: { ...before, emailVerified: true } });
      expect(entries.map(({ flagId }) => flagId)).toEqual(['flg_everyone']);
      expect(looked).toBe(51);
    }
  });
});
