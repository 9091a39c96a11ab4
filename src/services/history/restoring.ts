import type { Call } from '../../calls/caller.js';
import { checkComment } from '../../calls/check-input.js';
import { notFound } from '../../calls/errors.js';
import type { FlippedFlag } from '../../core/deciding/decision.js';
import type { Flag, Segment, Stage, StageList } from '../../core/flags/flag.js';
import { restoredInput } from '../../core/flags/restored-input.js';
import type { OrganizationState } from '../../core/states/organization-state.js';
import type { Fault } from '../../core/values/fault.js';
import { quote } from '../../core/values/json.js';
import type { Store } from '../../store/store.js';
import type { StoredVersion, VersionedThing } from '../../store/version-store.js';
import type { FlagService } from '../flags/flags.js';
import type { SegmentService } from '../flags/segments.js';
import type { StageService } from '../onboarding/stages.js';
import type { OrganizationRoles } from '../organizations/organization-roles.js';
import type { NamedThing, VersionService } from './versions.js';

/** How a version is restored. */
export interface RestoreOptions {
  /** The version that must be there now; undefined for any. */
  readonly expectedVersion: number | undefined;
  /** Not '': the id that it had at the expected version. */
  readonly expectedId: string;
  readonly onRuleChange: 'KEEP' | 'RELOCK';
  readonly comment: string;
}

/** What is there now. */
export interface Restored {
  readonly now:
    | { readonly kind: 'flag'; readonly flag: Flag }
    | { readonly kind: 'segment'; readonly segment: Segment }
    | { readonly kind: 'stages'; readonly list: StageList }
    | { readonly kind: 'roles'; readonly organization: OrganizationState };
  readonly warnings: readonly Fault[];
  readonly backfillIds: readonly string[];
  readonly newlyUnlocked: readonly FlippedFlag[];
  readonly newlyLocked: readonly FlippedFlag[];
  readonly consistencyToken: string;
}

export interface RestoreServices {
  readonly store: Pick<Store, 'configuration'>;
  readonly versions: VersionService;
  readonly flags: FlagService;
  readonly segments: SegmentService;
  readonly stages: StageService;
  readonly organizationRoles: OrganizationRoles;
}

const NO_FLIPS = { newlyUnlocked: [], newlyLocked: [] } as const;

/** Makes new versions with the content of older ones, through the use cases that change things by hand. */
export class RestoreService {
  readonly #services: RestoreServices;

  constructor(services: RestoreServices) {
    this.#services = services;
  }

  /** Rejects as the use case does that writes such a thing by hand. */
  async restore(call: Call, named: NamedThing, version: number, options: RestoreOptions): Promise<Restored> {
    const { versions } = this.#services;
    checkComment(options.comment);
    const { thing } = await versions.find(call, named, 'RestoreVersion');
    return this.restoreState(call, await versions.kept(thing, version), options);
  }

  /** Restores a version that has been looked up for the caller. */
  restoreState(call: Call, version: StoredVersion, options: RestoreOptions): Promise<Restored> {
    const ways: Readonly<Record<VersionedThing['kind'], () => Promise<Restored>>> = {
      flag: () => this.#flag(call, version, options),
      segment: () => this.#segment(call, version, options),
      stages: () => this.#stages(call, version, options),
      roles: () => this.#roles(call, version, options),
    };
    return ways[version.kind]();
  }

  async #flag(call: Call, { id, state }: StoredVersion, options: RestoreOptions): Promise<Restored> {
    const { store, flags } = this.#services;
    const present = await store.configuration.flag(id);
    if (present === undefined) throw notFound(`no flag ${quote(id)}`);
    const { flag, warnings, backfillId, ...written } = await flags.set(call, {
      ...{ keyOrId: id, mustExist: true, input: restoredInput(state as unknown as Flag, present), ...options },
      ...{ access: [], removeAccess: [] },
    });
    const { newlyUnlocked, newlyLocked, consistencyToken } = written;
    const backfillIds = backfillId === undefined ? [] : [backfillId];
    return { now: { kind: 'flag', flag }, warnings, backfillIds, newlyUnlocked, newlyLocked, consistencyToken };
  }

  async #segment(call: Call, { id, state }: StoredVersion, options: RestoreOptions): Promise<Restored> {
    const { key, name, conditions } = state as unknown as Segment;
    const set = { key, name, conditions, restoredId: id, ...options };
    const { segment, ...written } = await this.#services.segments.set(call, set);
    return { now: { kind: 'segment', segment }, ...NO_FLIPS, ...written };
  }

  async #stages(call: Call, { state }: StoredVersion, options: RestoreOptions): Promise<Restored> {
    const stages = state as unknown as readonly Stage[];
    const { version, stages: now, ...written } = await this.#services.stages.set(call, { stages, ...options });
    return { now: { kind: 'stages', list: { stages: now, version } }, ...NO_FLIPS, ...written };
  }

  async #roles(call: Call, { id, state }: StoredVersion, options: RestoreOptions): Promise<Restored> {
    const { roles, strictRoles } = state as unknown as Pick<OrganizationState, 'roles' | 'strictRoles'>;
    const { expectedVersion, comment } = options;
    const { organization, backfillIds, consistencyToken } = await this.#services.organizationRoles.set(call, {
      ...{ organizationId: id, strictRoles, expectedVersion, comment, validateOnly: false, keepReferences: false },
      roles: roles.map(({ name, inherits }) => ({ name, inherits })),
    });
    return { now: { kind: 'roles', organization }, warnings: [], ...NO_FLIPS, backfillIds, consistencyToken };
  }
}
