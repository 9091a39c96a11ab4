import { randomUUID } from 'node:crypto';
import { EventLoopPauses } from '../../calls/event-loop-pauses.js';
import type { ConfigurationKeeper } from '../../configuration/configuration-keeper.js';
import { lockOrganizations, lockUsers } from '../../configuration/confirm-snapshot.js';
import { EMPTY_SNAPSHOT } from '../../core/snapshot/compiling/compile-snapshot.js';
import { earnerDaysOf, type Snapshot } from '../../core/snapshot/snapshot.js';
import { needsOfLatching } from '../../core/snapshot/state-needs.js';
import type { RoleCause } from '../../core/states/ledger.js';
import { type Earner, isNobody, type UserState } from '../../core/states/user-state.js';
import { SECOND_MS } from '../../core/values/time/time.js';
import type { Notice, Notifier } from '../../notify/notifier.js';
import { type Backfill, subjectOf } from '../../store/backfill-store.js';
import type { Store, Transaction } from '../../store/store.js';
import { FIRST_ORGANIZATION } from '../../store/user-pages.js';
import type { UserLedgerEntry } from '../../store/user-store.js';
import type { Touched } from '../../unlocking/judge-user.js';
import { type Recomputed, recompute } from '../../unlocking/recompute.js';
import { recomputeOrganizations } from '../../unlocking/recompute-organizations.js';
import { splitOnFailure } from '../split-on-failure.js';
import { keysOf, outOfDate } from './backfill-page.js';
import { endBackfills } from './end-backfills.js';

export interface BackfillWorkerOptions {
  readonly store: Store;
  readonly keeper: ConfigurationKeeper;
  readonly notifier: Notifier;
  /** Awaited between small steps: resolves when there is nothing more urgent to do, or after a while in any case. */
  readonly giveWay: () => Promise<void>;
  readonly observer: BackfillObserver;
  /** How many users a page has; 500 when left out. */
  readonly pageSize?: number;
}

export interface BackfillObserver {
  /** Called when users have been looked at, with how many of them have changed. */
  lookedAt(users: number, changed: number): void;
  /** Called for a user who cannot be brought up to date. The others are. */
  failed(userId: string, error: unknown): void;
  /** Called when a backfill has come to its end. */
  done(backfill: Backfill): void;
}

const PAGE_SIZE = 500;
/** By how much a page is smaller when days of actions are read with its users. */
const DAYS_COST = 5;
/** How many users one transaction locks, for which events of theirs have to wait. */
const USERS_PER_TRANSACTION = 100;
/** Of how many unfinished backfills the reasons are looked at, the newest first. */
const MOST_UNFINISHED = 1_000;
/** After how long another worker takes over a backfill whose worker was killed. */
const LEASE_MS = 5 * SECOND_MS;

/**
 * Brings all users, and after them all organizations that earn, up to date with changed rules. Pages of users are read without locks, and only users for whom something would
 * change are locked and judged again. It may be stopped anywhere, go on in another process, or run twice at the same time: under
 * the lock a user is judged by what is stored then, and judging twice changes nothing.
 *
 * No user is missed: a write by the old rules was committed before the new rules were, so a page has it; a later write judges by
 * the new rules.
 */
export class BackfillWorker {
  readonly #options: BackfillWorkerOptions;
  readonly #worker = randomUUID();

  constructor(options: BackfillWorkerOptions) {
    this.#options = options;
  }

  /** Works until no backfill is left that no other worker works on; gives how many users were looked at. */
  async run(signal?: AbortSignal): Promise<number> {
    // Mostly there is none, which a read without locks tells.
    const { items } = await this.#options.store.backfills.list({ limit: 1 }, { unfinished: true });
    let users = 0;
    for (let more = items.length > 0; more && !signal?.aborted; ) {
      const looked = await this.step(signal);
      more = looked !== undefined;
      users += looked ?? 0;
    }
    return users;
  }

  /** Does one page of the oldest backfill, and of those that are just as far; undefined when there is none to work on. */
  async step(signal?: AbortSignal): Promise<number | undefined> {
    const { store, giveWay } = this.#options;
    await giveWay();
    const startedAt = performance.now();
    const claimedAt = await store.now();
    const claim = { worker: this.#worker, now: claimedAt, leasedUntil: claimedAt + LEASE_MS };
    const group = await store.transaction((tx) => tx.backfills.claim(claim));
    const [first] = group;
    if (first === undefined) return undefined;
    if (group.some(({ done }) => done === 0)) await this.#waitForWriters();
    await this.#countUsers(group, first);

    // As of an instant before a rule was changed, nobody has earned it. What was claimed may have been changed while the claim
    // waited for the change, so the users are judged as of an instant after it.
    const now = await store.now();
    const { users, next, failed, changed } = await this.#page(group, first, now, signal);
    if (signal?.aborted) return users;
    const busyMs = performance.now() - startedAt;
    const step = { worker: this.#worker, done: users, failed, busyMs, cursor: next, now: await store.now() };
    if (next === undefined) await endBackfills(this.#options, group, step);
    else await store.transaction((tx) => tx.backfills.advance(ids(group), step));
    const { observer } = this.#options;
    observer.lookedAt(users, changed);
    if (next === undefined) await this.#tellDone(group);
    return users;
  }

  /**
   * Who read an organization as it was before it earned something, to write a member, has the configuration confirmed until the commit:
   * once all of these have committed, the pages have those members.
   */
  async #waitForWriters(): Promise<void> {
    await this.#options.store.transaction((tx) => tx.configuration.holdRevision());
  }

  async #countUsers(group: readonly Backfill[], { organizationId }: Backfill): Promise<void> {
    const uncounted = ids(group.filter(({ total }) => total === undefined));
    if (uncounted.length === 0) return;
    const { store, keeper, giveWay } = this.#options;
    let renewedAt = performance.now();
    const pause = async (): Promise<void> => {
      await giveWay();
      if (performance.now() - renewedAt < LEASE_MS / 4) return;
      renewedAt = performance.now();
      await this.#renew();
    };
    const users = await store.userPages.count(organizationId, pause);
    const { organizationEarners } = keeper.snapshot;
    const more = organizationId === '' && organizationEarners !== undefined;
    const total = users + (more ? await store.userPages.count('', pause, 'organization') : 0);
    await store.transaction((tx) => tx.backfills.setTotal(uncounted, total));
  }

  async #page(group: readonly Backfill[], { cursor, organizationId }: Backfill, now: number, signal?: AbortSignal) {
    const { store, keeper, giveWay, observer, pageSize = PAGE_SIZE } = this.#options;
    const whole = await keeper.atLeast(Math.max(...group.map(({ revision }) => revision)));
    const earner = subjectOf({ cursor });
    const judging = whole.organizationEarners?.judging;
    const snapshot = earner === 'user' ? whole : (judging ?? EMPTY_SNAPSHOT);
    const needs = needsOfLatching(snapshot);
    // A user has a row for every day of a window.
    const limit = needs.days?.size === 0 ? pageSize : Math.ceil(pageSize / DAYS_COST);
    const page = await store.userPages.read({ after: cursor, limit, organizationId, needs, earner });
    const { users, timers } = page;
    // Organizations come after all users.
    const goesOn = earner === 'user' && organizationId === '' && judging !== undefined;
    const next = page.next ?? (goesOn ? FIRST_ORGANIZATION : undefined);
    const organizations = await store.states.organizations(
      needs.organizations ? organizationsOf(users) : [],
      earnerDaysOf(snapshot),
    );
    const found = await outOfDate({ snapshot, users, timers, organizations, now }, new EventLoopPauses({}));
    const deletedAt = new Map(users.map((user) => [user.id, user.deletedAt]));
    let failed = 0;
    const userIds = [...found.keys()];
    for (let i = 0; i < userIds.length && !signal?.aborted; i += USERS_PER_TRANSACTION) {
      if (i > 0) {
        await giveWay();
        await this.#renew();
      }
      await splitOnFailure(
        userIds.slice(i, i + USERS_PER_TRANSACTION),
        (some) => this.#bringUpToDate(group, some, { found, earner, deletedAt }),
        (userId, error) => {
          failed++;
          observer.failed(userId, error);
        },
      );
    }
    return { users: users.length, next, failed, changed: found.size - failed };
  }

  /** Prolongs the lease: a page may take longer than it where many users change, or fail. */
  async #renew(): Promise<void> {
    const { store } = this.#options;
    const leasedUntil = (await store.now()) + LEASE_MS;
    await store.transaction((tx) => tx.backfills.renew({ worker: this.#worker, leasedUntil }));
  }

  async #bringUpToDate(
    group: readonly Backfill[],
    ids: readonly string[],
    { found, earner, deletedAt }: Found,
  ): Promise<void> {
    const { store, keeper, notifier } = this.#options;
    const cause = { type: 'backfill' } as const;
    const byRoles = await this.#byRoles();
    const causesFor = ({ organizationId }: UserState) => ({ cause, causes: byRoles.get(organizationId) ?? NO_CAUSES });
    const touchedOf = (states: ReadonlyMap<string, UserState>, snapshot: Snapshot): readonly Touched[] => {
      const own = keysOf(
        snapshot,
        group.map(({ flagId }) => flagId),
      );
      // Who was deleted since the page was read has earned nothing.
      const isGone = (user: UserState): boolean =>
        earner === 'user' ? isNobody(user) : user.deletedAt !== deletedAt.get(user.id) && hasNothing(user);
      return [...states.values()].flatMap((user) =>
        isGone(user)
          ? []
          : [{ ...causesFor(user), before: user, after: user, unsettled: own.union(found.get(user.id) ?? own) }],
      );
    };
    const batch = randomUUID();
    const revisions = await store.transaction(async (tx) => {
      let recomputed: Recomputed;
      if (earner === 'user') {
        const { states, snapshot, now } = await lockUsers(tx, keeper, ids);
        recomputed = await recompute(tx, touchedOf(states, snapshot), { snapshot, now, batch });
      } else {
        const { states, organizations, snapshot, now } = await lockOrganizations(tx, keeper, ids);
        const judging = snapshot.organizationEarners?.judging;
        if (judging === undefined) return [];
        const options = { snapshot, organizations, now, batch };
        recomputed = await recomputeOrganizations(tx, touchedOf(states, judging), options);
      }
      await count(tx, group, recomputed.entries);
      return recomputed.revisions;
    });
    if (revisions.length > 0) await notifier.publish(noticeOf(earner, revisions));
  }

  /** By organization, the flags of which a change of its roles is being applied: whichever backfill comes to a member first. */
  async #byRoles(): Promise<ReadonlyMap<string, ReadonlyMap<string, RoleCause>>> {
    const { items } = await this.#options.store.backfills.list({ limit: MOST_UNFINISHED }, { unfinished: true });
    const cause: RoleCause = { type: 'role', roles: [] };
    const byRoles = Map.groupBy(
      items.filter(({ reason }) => reason === 'roles'),
      ({ organizationId }) => organizationId,
    );
    return new Map(Array.from(byRoles, ([id, some]) => [id, new Map(some.map(({ flagId }) => [flagId, cause]))]));
  }

  async #tellDone(group: readonly Backfill[]): Promise<void> {
    const { store, observer } = this.#options;
    for (const { id } of group) {
      const backfill = await store.backfills.get(id);
      if (backfill?.state === 'done') observer.done(backfill);
    }
  }
}

const NO_CAUSES: ReadonlyMap<string, RoleCause> = new Map<string, RoleCause>();

/** What was found of the users, or organizations, of a page. */
interface Found {
  /** The keys of the flags by which each was found, apart from the backfill's own. */
  readonly found: ReadonlyMap<string, ReadonlySet<string>>;
  readonly earner: Earner;
  /** When each had been deleted. */
  readonly deletedAt: ReadonlyMap<string, number | undefined>;
}

/** An organization may earn by what is known of it before anything was counted. */
function hasNothing({ actions, ledger }: UserState): boolean {
  return actions.size + ledger.size === 0;
}

function noticeOf(earner: Earner, revisions: Recomputed['revisions']): Notice {
  return earner === 'user' ? { kind: 'users', users: revisions } : { kind: 'organizations', organizations: revisions };
}

async function count(tx: Transaction, group: readonly Backfill[], entries: readonly UserLedgerEntry[]): Promise<void> {
  const counts = group.map(({ id, flagId }) => {
    const kinds = entries.filter((entry) => entry.flagId === flagId).map(({ kind }) => kind);
    const of = (kind: UserLedgerEntry['kind']): number => kinds.filter((one) => one === kind).length;
    return { id, unlocked: of('unlocked'), relocked: of('relocked') };
  });
  await tx.backfills.count(counts.filter(({ unlocked, relocked }) => unlocked + relocked > 0));
}

function organizationsOf(users: readonly UserState[]): readonly string[] {
  const found = new Set(users.map(({ organizationId }) => organizationId));
  found.delete('');
  return [...found];
}

function ids(group: readonly Backfill[]): readonly string[] {
  return group.map(({ id }) => id);
}
