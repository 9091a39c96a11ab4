import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';
import { EventLoopPauses } from '../../calls/event-loop-pauses.js';
import type { Derivation } from '../../core/flags/flag.js';
import type { StateNeeds } from '../../core/snapshot/state-needs.js';
import type { OrganizationState } from '../../core/states/organization-state.js';
import type { ActionNames } from '../../core/states/user-state.js';
import { SECOND_MS } from '../../core/values/time/time.js';
import type { Store } from '../../store/store.js';
import {
  FIRST_MEMBER,
  FIRST_ORGANIZATION,
  FIRST_USER,
  type UserCursor,
  type UserPage,
  type UserPageRequest,
} from '../../store/user-pages.js';
import type { EarnerTally, MemberTally } from './organization-tally.js';
import type { PreviewProgress } from './preview-event.js';
import type { Previewed } from './preview-side.js';
import type { PreviewTally } from './preview-tally.js';

export type PreviewStore = Pick<Store, 'states' | 'userPages'>;

export interface PreviewRunOptions {
  readonly store: PreviewStore;
  readonly tally: Pick<PreviewTally, 'add' | 'counts'>;
  /** Counts organizations by what they have earned; left out where they earn no rule of the flag. */
  readonly earners?: EarnerTally | undefined;
  /** Counts organizations by their members; left out where no rule that users earn reads what organizations have done. */
  readonly members?: MemberTally | undefined;
  readonly needs: StateNeeds;
  /** What is counted only once the draft is there; undefined where nothing is. */
  readonly countedAs: ReadonlyMap<string, Derivation> | undefined;
  /** The actions whose days are read of organizations as earners; left out where nothing reads what they have earned. */
  readonly earnerDaysOf?: ActionNames | undefined;
  /** Whose users are looked at; '' for all users. */
  readonly organizationId: string;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: PreviewProgress) => void;
}

/** About how many rows, and at most how many users, a page has: enough to be read well, and decided in a short time. */
const ROWS_PER_PAGE = 1_000;
const MAX_USERS_PER_PAGE = 100;
const MIN_USERS_PER_PAGE = 50;
/** How busy this process may be during a preview, with it and with other calls, as a share of the time. */
const BUSY_SHARE = 0.7;
/** How long a preview rests between two pages, at least and at most, so that other calls come first. */
const MIN_REST_MS = 1;
const MAX_REST_MS = 20;
/** How many steps of work deciding a user twice counts as; see `EventLoopPauses`. */
const STEPS_PER_USER = 8;
const PROGRESS_EVERY_MS = 500;
/** How many organizations are kept in memory, since users of one organization do not come one after the other. */
const MAX_ORGANIZATIONS = 1_000;

/**
 * Goes through all users once, in pages, and lets other calls come first: before them through all organizations, where they earn the
 * flag, and after them once more through the members of each, where rules of users read it. Rejects with UNAVAILABLE when it is aborted.
 */
export class PreviewRun {
  readonly #options: PreviewRunOptions;
  readonly #pauses: EventLoopPauses;
  readonly #organizations = new LRUCache<string, OrganizationState>({ max: MAX_ORGANIZATIONS });
  readonly #pageSize: number;
  readonly #startedAt = performance.now();
  #rested = performance.eventLoopUtilization();
  #toldAt = Number.NEGATIVE_INFINITY;
  #done = 0;
  #total = 0;
  /** How many of the users are in an organization. */
  #memberCount = 0;

  constructor(options: PreviewRunOptions) {
    this.#options = options;
    this.#pauses = new EventLoopPauses(options);
    this.#pageSize = pageSizeOf(options.needs);
  }

  async run(): Promise<void> {
    const { store, organizationId, needs, countedAs, earners, members } = this.#options;
    const users = await store.userPages.count(organizationId);
    const organizations =
      earners === undefined ? 0 : await store.userPages.count(organizationId, undefined, 'organization');
    // How many of the users are members is not known before they were looked at.
    this.#total = organizations + users * (members === undefined ? 1 : 2);
    this.#tell();
    if (earners !== undefined) {
      const ofNone = { needs: NO_NEEDS, earner: 'organization' } as const;
      await this.#walk(FIRST_ORGANIZATION, { ...ofNone, limit: MAX_USERS_PER_PAGE }, (page) =>
        this.#addOrganizations(page, earners),
      );
    }
    const read = { needs, countedAs, limit: this.#pageSize };
    await this.#walk(FIRST_USER, read, (page) => this.#addUsers(page));
    if (members === undefined) return;
    this.#total = this.#done + this.#memberCount;
    await this.#walk(FIRST_MEMBER, { ...read, order: 'members' }, (page) => this.#addMembers(page, members));
  }

  /** Goes through pages one after the other. */
  async #walk(first: UserCursor, request: Walked, add: (page: UserPage) => Promise<void>): Promise<void> {
    let reading: Promise<UserPage> | undefined = this.#read({ ...request, after: first });
    while (reading !== undefined) {
      const page: UserPage = await reading;
      await this.#pauses.take();
      // The database reads the next page while this one is decided.
      reading = page.next === undefined ? undefined : this.#read({ ...request, after: page.next });
      await add(page);
      this.#tell();
      await this.#rest();
    }
  }

  /** Rests until the process has been idle for its share of the time since the last rest. */
  async #rest(): Promise<void> {
    const { active, idle } = performance.eventLoopUtilization(this.#rested);
    const restMs = active / BUSY_SHARE - (active + idle);
    await sleep(Math.min(MAX_REST_MS, Math.max(MIN_REST_MS, restMs)));
    this.#rested = performance.eventLoopUtilization();
  }

  #read(request: Walked & Pick<UserPageRequest, 'after'>): Promise<UserPage> {
    const { store, organizationId } = this.#options;
    const reading = store.userPages.read({ ...request, organizationId });
    // A failure is told where the page is awaited; where the work has stopped, nobody awaits it.
    reading.catch(() => undefined);
    return reading;
  }

  async #addUsers(page: UserPage): Promise<void> {
    const { tally, earners } = this.#options;
    await this.#each(page, (previewed) => {
      const { user, organization } = previewed;
      const group = tally.add(previewed);
      if (user.organizationId !== '') this.#memberCount++;
      if (organization !== undefined) earners?.addMember(organization, group);
    });
  }

  #addMembers(page: UserPage, members: MemberTally): Promise<void> {
    return this.#each(page, (previewed) => members.addMember(previewed));
  }

  #addOrganizations(page: UserPage, earners: EarnerTally): Promise<void> {
    return this.#each(page, ({ organization }) => {
      if (organization !== undefined) earners.addOrganization(organization);
    });
  }

  async #each({ users, timers }: UserPage, add: (previewed: Previewed) => void): Promise<void> {
    const organizations = await this.#organizationsOf(users);
    for (const user of users) {
      add({ user, organization: organizations.get(user.organizationId), dueAt: timers.get(user.id) });
      this.#done++;
      if (!this.#pauses.due(STEPS_PER_USER)) continue;
      this.#tell();
      await this.#pauses.take();
    }
  }

  async #organizationsOf(users: UserPage['users']): Promise<Pick<LRUCache<string, OrganizationState>, 'get'>> {
    const known = this.#organizations;
    const ids = new Set(users.map(({ organizationId }) => organizationId));
    ids.delete('');
    // Looking them up marks those that are known as used. A page has fewer than are kept, so none of its own are dropped.
    const missing = [...ids].filter((id) => known.get(id) === undefined);
    if (missing.length === 0) return known;
    const { store, earnerDaysOf } = this.#options;
    for (const [id, state] of await store.states.organizations(missing, earnerDaysOf)) known.set(id, state);
    return known;
  }

  #tell(): void {
    const now = performance.now();
    if (now - this.#toldAt < PROGRESS_EVERY_MS) return;
    this.#toldAt = now;
    const done = this.#done;
    const total = Math.max(this.#total, done);
    const seconds = (now - this.#startedAt) / SECOND_MS;
    const usersPerSecond = done / seconds;
    const leftMs = done === 0 ? undefined : Math.round(((total - done) / usersPerSecond) * SECOND_MS);
    this.#options.onProgress({ done, total, usersPerSecond, leftMs, counts: this.#options.tally.counts });
  }
}

/** What is read of a page, apart from where it begins. */
type Walked = Pick<UserPageRequest, 'needs' | 'countedAs' | 'earner' | 'order' | 'limit'>;

/** Of organizations their names: all else is read with their states. */
const NO_NEEDS: StateNeeds = {
  ...{ actions: new Set<string>(), days: new Set<string>() },
  ...{ stagesReached: false, access: false, organizations: false },
};

/** How many users a page has, by how many rows each may have: mostly counters, of which a user may have any number. */
function pageSizeOf({ actions, days }: StateNeeds): number {
  const rowsOfUser = 1 + (actions?.size ?? Infinity) + (days?.size ?? Infinity) * 7;
  return Math.max(MIN_USERS_PER_PAGE, Math.min(MAX_USERS_PER_PAGE, Math.floor(ROWS_PER_PAGE / rowsOfUser)));
}
