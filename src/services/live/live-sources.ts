import type { ConfigurationKeeper } from '../../configuration/configuration-keeper.js';
import { MINUTE_MS, SECOND_MS } from '../../core/values/time/time.js';
import type { StateSources } from '../../store/state-source.js';
import type { Store } from '../../store/store.js';
import { mayKnowFlag } from '../access/caller-reach.js';
import { toldCause } from '../access/told-cause.js';
import type { BackfillProgress, BackfillService } from '../backfills/backfills.js';
import type { HealthService } from '../health/health.js';
import type { AuditService } from '../history/audit.js';
import { AuditTrail } from './audit-trail.js';
import { type LiveNews, PENDING_COUNTED, type Unlocked } from './live-event.js';
import type { AuditMark, LivePosition } from './live-position.js';
import type { LiveStream } from './live-stream.js';
import { MovingBackfills } from './moving-backfills.js';
import { RecentUnlocks, sampled } from './recent-unlocks.js';

export interface LiveSourcesOptions {
  readonly store: Pick<Store, 'audit' | 'outbox' | 'backfills' | 'events' | 'now'>;
  readonly states: Pick<StateSources, 'users'>;
  readonly keeper: Pick<ConfigurationKeeper, 'snapshot'>;
  readonly audit: Pick<AuditService, 'tellerFor'>;
  readonly backfills: Pick<BackfillService, 'progressOf'>;
  readonly health: Pick<HealthService, 'look'>;
  readonly clock: { now(): number };
  readonly streams: () => Iterable<LiveStream>;
  readonly onError: (error: unknown) => void;
}

/** What a reader missed who comes back. */
export interface Missed {
  /** Of the audit, oldest first, each with the mark after it; undefined where that is too much. */
  readonly entries: readonly { readonly news: LiveNews; readonly audit: AuditMark }[] | undefined;
  readonly backfills: readonly BackfillProgress[];
  /** Up to where the audit has been told. */
  readonly mark: AuditMark;
}

const POLL_MS = SECOND_MS;
const POLL_BACKFILLS_MS = SECOND_MS / 2;
const COUNTERS_MS = 10 * SECOND_MS;
const UNLOCKS_PER_POLL = 20;
/** The most users whose organization is looked up in one poll, for readers who may know of their own users alone. */
const USERS_LOOKED_UP = 200;
/** The most unlocks that wait for the store to tell whose members they are of. */
const MOST_WAITING = 1_000;

/** What is read of the store while streams of the administration are open: once for all of them, every second or so. */
export class LiveSources {
  readonly #options: LiveSourcesOptions;
  readonly #trails = new Map<string, Promise<AuditTrail>>();
  /** Whether the audit has something that organizations' trails have not been asked for. */
  #isBehind: boolean = false;
  #unlocks: Promise<RecentUnlocks> | undefined;
  #backfills: Promise<MovingBackfills> | undefined;
  readonly #due = new Map<string, number>();
  /** Unlocks of which organizations' administrators have not been told yet. */
  #ofMembers: readonly Unlocked[] = [];
  /** Whether some of these were dropped, and that was told. */
  #hasLost: boolean = false;
  readonly #running = new Set<string>();
  #looksAgain = POLL_MS;

  constructor(options: LiveSourcesOptions) {
    this.#options = options;
  }

  /** Reads what the stream's reader missed, and calls `tell` with it at a moment at which nothing else is told of the audit. */
  async join(stream: LiveStream, from: LivePosition | undefined, tell: (missed: Missed) => void): Promise<void> {
    const { scope } = stream;
    const { clock, backfills: service } = this.#options;
    const [trail, backfills] = await Promise.all([
      this.#trailOf(scope),
      scope === '' ? this.#movingBackfills() : undefined,
      this.#recentUnlocks(),
    ]);
    await trail.inTurn(async () => {
      await this.#pollTrail(trail, scope);
      const entries = from === undefined ? [] : await trail.missed(from.audit);
      if (stream.ended) return;
      const teller = this.#options.audit.tellerFor(stream.call);
      const missed = entries?.flatMap((entry, i) => {
        const told = teller(entry);
        const before = entries.slice(Math.max(0, i - 31), i + 1).map(({ id }) => id);
        const audit = { floor: from!.audit.floor, told: [...from!.audit.told, ...before].toSorted((a, b) => a - b) };
        return told === undefined ? [] : [{ news: { type: 'audit', entry: told } as const, audit }];
      });
      const standing = backfills?.since(from?.at ?? clock.now()) ?? [];
      tell({ entries: missed, backfills: standing.map((one) => service.progressOf(one)), mark: trail.mark });
    });
  }

  /** A stream has ended: the audit of an organization is followed no more for whom nobody is left. */
  left(): void {
    const scopes = new Set([...this.#options.streams()].map(({ scope }) => scope));
    // The whole audit tells when there is something for any of them.
    if (scopes.size > 0) scopes.add('');
    for (const scope of this.#trails.keys()) if (!scopes.has(scope)) this.#trails.delete(scope);
  }

  /** Nothing is followed any more; whoever joins next begins anew. */
  forget(): void {
    this.#trails.clear();
    this.#unlocks = undefined;
    this.#backfills = undefined;
    this.#ofMembers = [];
    this.#hasLost = false;
    this.#due.clear();
  }

  /** Called twice a second: reads what is due. */
  tick(now: number): void {
    const whole = this.#has((scope) => scope === '');
    this.#run('audit', POLL_MS, now, () => this.#pollTrails());
    this.#run('unlocks', POLL_MS, now, () => this.#pollUnlocks());
    if (!whole) return;
    this.#run('backfills', this.#looksAgain, now, () => this.#pollBackfills());
    this.#run('counters', COUNTERS_MS, now, () => this.#count());
  }

  #run(name: string, everyMs: number, now: number, work: () => Promise<void>): void {
    if (this.#running.has(name) || now < (this.#due.get(name) ?? 0)) return;
    this.#due.set(name, now + everyMs);
    this.#running.add(name);
    work()
      .catch(this.#options.onError)
      .finally(() => this.#running.delete(name));
  }

  /** One look at the whole audit, however many organizations are followed: theirs are read where it has something new. */
  async #pollTrails(): Promise<void> {
    if (this.#trails.size === 0) return;
    if (!this.#trails.has('')) this.#isBehind = true;
    const whole = await this.#trailOf('');
    await whole.inTurn(() => this.#pollTrail(whole, ''));
    if (!this.#isBehind) return;
    this.#isBehind = false;
    try {
      for (const [scope, beginning] of this.#trails) {
        const trail = await beginning;
        if (trail !== whole) await trail.inTurn(() => this.#pollTrail(trail, scope));
      }
    } catch (error) {
      this.#isBehind = true;
      throw error;
    }
  }

  #pollTrail(trail: AuditTrail, scope: string): Promise<void> {
    const now = this.#options.clock.now();
    return trail.poll(now, (entry, audit) => {
      if (scope === '') this.#isBehind = true;
      for (const stream of this.#joined((one) => one === scope)) {
        const told = this.#options.audit.tellerFor(stream.call)(entry);
        if (told === undefined) stream.advance({ audit });
        else stream.send({ type: 'audit', entry: told }, now, { audit });
      }
    });
  }

  async #pollUnlocks(): Promise<void> {
    const now = this.#options.clock.now();
    const unlocked = await (await this.#recentUnlocks()).poll(now);
    this.#tellUnlocks(unlocked, (scope) => scope === '');
    // Whose members these are is asked of the store: of whom it does not answer now, or who are too many, is told with what comes next.
    const all = this.#has((scope) => scope !== '') ? [...this.#ofMembers, ...unlocked] : [];
    const waiting = all.slice(-MOST_WAITING);
    this.#ofMembers = waiting;
    if (all.length > MOST_WAITING) this.#sayLost(now);
    if (waiting.length === 0) return;
    const organizationOf = await this.#organizationsOf(waiting);
    if (this.#ofMembers !== waiting) return;
    this.#ofMembers = waiting.filter(({ userId }) => !organizationOf.has(userId));
    if (this.#ofMembers.length === 0) this.#hasLost = false;
    this.#tellUnlocks(waiting, (scope) => scope !== '', organizationOf);
  }

  /**
   * Unlocks are dropped of which it is not known whose members they are of: how many of each organization's cannot be told, so its readers
   * are told that they missed something. Once is enough until all is told again.
   */
  #sayLost(now: number): void {
    if (this.#hasLost) return;
    this.#hasLost = true;
    for (const stream of this.#joined((scope) => scope !== '')) stream.send({ type: 'reset' }, now);
  }

  #tellUnlocks(
    unlocked: readonly Unlocked[],
    of: (scope: string) => boolean,
    organizationOf?: ReadonlyMap<string, string>,
  ): void {
    const { clock, keeper } = this.#options;
    const { flags } = keeper.snapshot;
    for (const stream of this.#joined(of)) {
      const { call, scope } = stream;
      const own = unlocked.filter(
        ({ userId, flagKey }) =>
          (scope === '' || organizationOf?.get(userId) === scope) && mayKnowFlag(call, flags.get(flagKey)?.flag),
      );
      const now = clock.now();
      for (const { one, leftOut } of sampled(own, UNLOCKS_PER_POLL)) {
        stream.send({ type: 'unlock', ...one, cause: toldCause(call, one.cause), leftOut }, now);
      }
    }
  }

  /** In which organization each of these users is, of the first of them; '' for none. */
  async #organizationsOf(unlocked: readonly Unlocked[]): Promise<ReadonlyMap<string, string>> {
    const ids = [...new Set(unlocked.map(({ userId }) => userId))].slice(0, USERS_LOOKED_UP);
    const held = await this.#options.states.users.load(ids, { deadline: Date.now() + MINUTE_MS, fresh: true });
    return new Map(ids.map((id) => [id, held.get(id)?.state.organizationId ?? '']));
  }

  async #pollBackfills(): Promise<void> {
    const moving = await this.#movingBackfills();
    const moved = await moving.poll();
    this.#looksAgain = moving.underWay ? POLL_BACKFILLS_MS : POLL_MS;
    this.#tell(moved.map((one) => ({ type: 'backfill', backfill: this.#options.backfills.progressOf(one) })));
  }

  async #count(): Promise<void> {
    const { health, store } = this.#options;
    const [{ at, nodes, stored }, pendingEvents, unlocks] = await Promise.all([
      health.look(),
      store.events.pendingCount(PENDING_COUNTED),
      this.#recentUnlocks(),
    ]);
    if (stored === undefined) return;
    const openStreams = nodes.reduce((sum, { streams }) => sum + streams, 0);
    const counted = { at, inboxLagMs: stored.inboxLagMs, pendingEvents, openStreams };
    this.#tell([{ type: 'counters', ...counted, unlocksPerMinute: unlocks.perMinute(at) }]);
  }

  /** Tells whoever may know of the whole deployment. */
  #tell(all: readonly LiveNews[]): void {
    const now = this.#options.clock.now();
    for (const stream of this.#joined((scope) => scope === '')) for (const news of all) stream.send(news, now);
  }

  #joined(of: (scope: string) => boolean): readonly LiveStream[] {
    return [...this.#options.streams()].filter(({ joined, scope }) => joined && of(scope));
  }

  #has(scope: (scope: string) => boolean): boolean {
    return this.#joined(scope).length > 0;
  }

  #trailOf(scope: string): Promise<AuditTrail> {
    const { store, clock } = this.#options;
    const trail = this.#trails.get(scope) ?? AuditTrail.begin(store.audit, scope, clock.now());
    this.#trails.set(scope, trail);
    // One that could not begin is begun again by whoever comes next.
    trail.catch(() => this.#trails.get(scope) === trail && this.#trails.delete(scope));
    return trail;
  }

  #recentUnlocks(): Promise<RecentUnlocks> {
    const { store, clock } = this.#options;
    const recent = this.#unlocks ?? RecentUnlocks.begin(store.outbox, clock.now());
    this.#unlocks = recent;
    recent.catch(() => {
      if (this.#unlocks === recent) this.#unlocks = undefined;
    });
    return recent;
  }

  #movingBackfills(): Promise<MovingBackfills> {
    const moving = this.#backfills ?? MovingBackfills.begin(this.#options.store.backfills);
    this.#backfills = moving;
    moving.catch(() => {
      if (this.#backfills === moving) this.#backfills = undefined;
    });
    return moving;
  }
}
