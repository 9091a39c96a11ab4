import type { Call } from '../../calls/caller.js';
import { requireName, requireSearchText } from '../../calls/check-input.js';
import type { StoreClock } from '../../calls/clock.js';
import { invalidAt, notFound } from '../../calls/errors.js';
import { authorize, mayCall, type Operation } from '../../calls/permissions.js';
import type { ConfigurationKeeper } from '../../configuration/configuration-keeper.js';
import type { Flag } from '../../core/flags/flag.js';
import { flagState } from '../../core/snapshot/flag-state.js';
import { quote } from '../../core/values/json.js';
import { ANY_ACTION, MAX_LENGTH } from '../../core/values/names.js';
import type { FoundOrganization, FoundUser, UnlockedFlag } from '../../store/finder.js';
import type { Page, PageRequest } from '../../store/page.js';
import type { Store } from '../../store/store.js';
import { managerOf, mayKnowFlag } from '../access/caller-reach.js';
import { FlagIndex } from './flag-index.js';
import { type FlagPage, type FlagsRequest, type FlagWithState, listFlags } from './flag-list.js';
import { HITS_PER_KIND, type Hits, type NamedHit, searchFlags, searchNamed } from './search.js';

export interface UserFilter {
  /** The beginning of the id, or of an attribute that users are found by. */
  readonly q: string;
  readonly organizationId: string;
  /** Goes with an organization. */
  readonly role: string;
  readonly stage: string;
  /** A flag, by its key or its id, of which they hold an unlock or a grant. */
  readonly unlocked: string;
}

export interface FoundUsers extends Page<FoundUser> {
  /** The attributes that users are found by, in their order. */
  readonly attributes: readonly string[];
  /** Whether not everybody is found by them yet, since they have changed. */
  readonly filling: boolean;
}

/** What a search found: of each kind the best few; undefined of a kind that the caller may not list. */
export interface SearchResult {
  readonly flags: Hits<FlagWithState> | undefined;
  readonly users: (Hits<FoundUser> & Pick<FoundUsers, 'attributes'>) | undefined;
  readonly organizations: Hits<FoundOrganization> | undefined;
  readonly segments: Hits<NamedHit> | undefined;
  readonly actions: Hits<NamedHit> | undefined;
  readonly stages: Hits<NamedHit> | undefined;
}

export interface FindingOptions {
  readonly store: Pick<Store, 'finder' | 'searchFill'>;
  readonly keeper: ConfigurationKeeper;
  readonly clock: Pick<StoreClock, 'now'>;
}

/**
 * Flags, users and organizations, found for those who administer them. Who is confined to an organization finds that one and its users.
 */
export class Finding {
  readonly #options: FindingOptions;

  constructor(options: FindingOptions) {
    this.#options = options;
  }

  /** A page of flags, as the store has them now. */
  async flags(call: Call, request: FlagsRequest, page: PageRequest): Promise<FlagPage> {
    authorize(call, 'ListFlags');
    requireSearchText(request.q ?? '', MAX_LENGTH.name);
    const { keeper, clock } = this.#options;
    const snapshot = await keeper.refresh();
    return listFlags(FlagIndex.of(snapshot), request, page, clock.now());
  }

  /** A page of users; see `Finder.users` for their order. */
  async users(call: Call, filter: UserFilter, page: PageRequest): Promise<FoundUsers> {
    authorize(call, 'ListUsers');
    const confined = managerOf(call.caller, 'ListUsers');
    checkFilter(filter, confined);
    const { store, keeper } = this.#options;
    const { searchAttributes: attributes } = keeper.snapshot;
    const none = { items: [], attributes, filling: false };
    if (confined !== '' && filter.organizationId !== '' && filter.organizationId !== confined) return none;
    const named = filter.unlocked === '' ? undefined : this.#flag(filter.unlocked);
    const held = named !== undefined && mayKnowFlag(call, named) ? named : undefined;
    if (filter.unlocked !== '' && held === undefined) {
      // Who is confined is not told which flags there are.
      if (confined !== '') return none;
      throw notFound(`no flag ${quote(filter.unlocked)}`);
    }
    const { q: text, role, stage } = filter;
    const [found, complete] = await Promise.all([
      store.finder.users({
        ...{ ...page, text, attributes, role, stage, organizationId: confined || filter.organizationId },
        ...(held === undefined ? {} : { unlocked: unlockedFlag(held) }),
      }),
      text === '' || attributes.length === 0 ? true : store.searchFill.isComplete(),
    ]);
    return { ...found, attributes, filling: !complete };
  }

  /** Organizations by id, those alone whose ids begin with `q`. */
  async organizations(
    call: Call,
    { q, countMembers, page }: { readonly q: string; readonly countMembers: boolean; readonly page: PageRequest },
  ): Promise<Page<FoundOrganization>> {
    authorize(call, 'ListOrganizations');
    const confined = managerOf(call.caller, 'ListOrganizations');
    requireSearchText(q, MAX_LENGTH.organizationId);
    const { finder } = this.#options.store;
    if (confined === '') return finder.organizations({ ...page, prefix: q, countMembers });
    if (!confined.startsWith(q)) return { items: [] };
    // No other organization's id is shorter than its own and begins with it all.
    const { items } = await finder.organizations({ prefix: confined, countMembers, limit: 1 });
    return { items: items.filter(({ id }) => id === confined) };
  }

  /** The best few of each kind for a text: what their lists would give this caller, and nothing of those that it may not list. */
  async search(call: Call, q: string): Promise<SearchResult> {
    authorize(call, 'Search');
    managerOf(call.caller, 'Search');
    if (q.trim() === '') throw invalidAt('/q', 'q is missing; give what to look for');
    requireSearchText(q, MAX_LENGTH.userId);
    const { keeper, clock } = this.#options;
    const { snapshot } = keeper;
    const page = { limit: HITS_PER_KIND };
    const filter = { q, organizationId: '', role: '', stage: '', unlocked: '' };
    const [users, organizations] = await Promise.all([
      mayCall(call, 'ListUsers') ? this.users(call, filter, page) : undefined,
      mayCall(call, 'ListOrganizations') ? this.#organizationsNamed(call, q, page) : undefined,
    ]);
    const named = (operation: Operation, things: Iterable<NamedHit>): Hits<NamedHit> | undefined =>
      mayCall(call, operation) ? searchNamed(things, q) : undefined;
    const ofName = (name: string): NamedHit => ({ key: name, name });
    const flags = mayCall(call, 'ListFlags') ? searchFlags(snapshot, q) : undefined;
    const actions = [...snapshot.actions.keys()].filter((name) => name !== ANY_ACTION);
    return {
      flags: flags && {
        ...flags,
        items: flags.items.map(({ flag, compiled }) => ({ flag, state: flagState(compiled, clock.now()) })),
      },
      users: users && { ...users, more: users.next !== undefined },
      organizations: organizations && { items: organizations.items, more: organizations.next !== undefined },
      segments: named('ListSegments', snapshot.segments.values()),
      actions: named('ListActions', actions.map(ofName)),
      stages: named('ListStages', snapshot.stageNames.map(ofName)),
    };
  }

  /** None for a text that is longer than an organization's id. */
  async #organizationsNamed(call: Call, q: string, page: PageRequest): Promise<Page<FoundOrganization>> {
    if (q.length > MAX_LENGTH.organizationId) return { items: [] };
    return this.organizations(call, { q, countMembers: false, page });
  }

  #flag(keyOrId: string): Flag | undefined {
    const { flags, flagsById } = this.#options.keeper.snapshot;
    return (flags.get(keyOrId) ?? flagsById.get(keyOrId))?.stored;
  }
}

function checkFilter({ q, organizationId, role, stage }: UserFilter, confined: string): void {
  requireSearchText(q, MAX_LENGTH.userId);
  if (organizationId !== '') requireName('organizationId', organizationId, '/organization_id');
  if (role !== '') requireName('role', role, '/role');
  if (stage !== '') requireName('stage', stage, '/stage');
  if (role !== '' && organizationId === '' && confined === '') {
    throw invalidAt('/role', `the role ${quote(role)} is one within an organization; give organization_id, too`);
  }
}

/** A flag with which unlocks of it count: of a rule that does not latch none does. */
function unlockedFlag({ id, rules, removedRules = [] }: Flag): UnlockedFlag {
  const removed = removedRules.map((rule) => [rule.id, rule.ledgerFloor] as const);
  const present = rules.map(
    (rule) => [rule.id, rule.policy === 'LATCHING' ? rule.ledgerFloor : Number.POSITIVE_INFINITY] as const,
  );
  return { flagId: id, floors: new Map([...removed, ...present]) };
}
