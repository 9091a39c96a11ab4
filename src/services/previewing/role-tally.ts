import { invalidAt } from '../../calls/errors.js';
import { passingSubject } from '../../core/deciding/subject.js';
import type { Snapshot } from '../../core/snapshot/snapshot.js';
import type { OrganizationState } from '../../core/states/organization-state.js';
import { movedRoles, organizationAfter, type RoleChange } from '../../core/states/role-change.js';
import { roleLevels, rolesOf } from '../../core/states/role-hierarchy.js';
import { latch } from '../../core/unlocking/latch.js';
import { touchedFlags } from '../../core/unlocking/touched-flags.js';
import { sameJson } from '../../core/values/json.js';
import { catchUp } from '../../unlocking/catch-up.js';
import { flipsBetween, hasFlips } from '../../unlocking/flips.js';
import type { PreviewCounts, PreviewGroup } from './preview-event.js';
import type { Previewed } from './preview-side.js';

/** How many members gain, and lose, a flag. */
export interface FlagTally {
  readonly flagKey: string;
  readonly gained: number;
  readonly lost: number;
}

/** What one member would gain and lose. */
export interface MemberTally {
  readonly userId: string;
  readonly rolesBefore: readonly string[];
  readonly rolesAfter: readonly string[];
  readonly gained: readonly string[];
  readonly lost: readonly string[];
}

export interface RoleTallied {
  readonly members: number;
  /** Members whose roles, given or inherited, would be others. */
  readonly membersChanged: number;
  readonly membersGaining: number;
  readonly membersLosing: number;
  /** By key; those alone that somebody gains or loses. */
  readonly flags: readonly FlagTally[];
  readonly samples: readonly MemberTally[];
}

export interface RoleTallyOptions {
  readonly snapshot: Snapshot;
  readonly change: RoleChange;
  /** The instant at which everybody is decided. */
  readonly now: number;
  /** Who asks: '' the platform; an organization is told of the flags alone that it may know of. */
  readonly manager: string;
  readonly sampleSize: number | undefined;
}

const DEFAULT_SAMPLE = 10;
const MAX_SAMPLE = 100;

/** Counts what members of an organization would gain and lose by a change of its roles. What is unlocked stays. */
export class RoleTally {
  readonly #options: RoleTallyOptions;
  readonly #sampleSize: number;
  readonly #flags = new Map<string, { gained: number; lost: number }>();
  readonly #samples: MemberTally[] = [];
  readonly #after = new WeakMap<OrganizationState, OrganizationState>();
  #members = 0;
  #changed = 0;
  #gaining = 0;
  #losing = 0;

  constructor(options: RoleTallyOptions) {
    const { sampleSize = DEFAULT_SAMPLE } = options;
    if (sampleSize > MAX_SAMPLE) {
      throw invalidAt('/sample_size', `sample_size is 0 to ${MAX_SAMPLE}, not ${sampleSize}`);
    }
    this.#options = options;
    this.#sampleSize = sampleSize;
  }

  get counts(): PreviewCounts {
    return { wouldUnlock: this.#gaining, wouldLose: this.#losing, stayOn: 0, stayOff: 0 };
  }

  get result(): RoleTallied {
    const flags = Array.from(this.#flags, ([flagKey, tally]) => ({ flagKey, ...tally }));
    return {
      ...{ members: this.#members, membersChanged: this.#changed },
      ...{ membersGaining: this.#gaining, membersLosing: this.#losing },
      flags: flags.toSorted((a, b) => (a.flagKey < b.flagKey ? -1 : 1)),
      samples: this.#samples,
    };
  }

  /** Gives whether the member gains anything, else whether they lose anything. */
  add({ user, organization: before, dueAt }: Previewed): PreviewGroup {
    this.#members += 1;
    if (before === undefined) return 'stayOff';
    const { snapshot, change, now } = this.#options;
    const after = this.#afterOf(before);
    const roles = change.move === undefined ? user.roles : movedRoles(user.roles, change.move);
    const [had, has] = [roleLevels(user.roles, rolesOf(before)), roleLevels(roles, rolesOf(after))];
    const sameRoles = sameJson(had, has);
    if (sameRoles && before.access === after.access) return 'stayOff';
    if (!sameRoles) this.#changed += 1;
    // As a worker would leave the user now, without the change and then with it.
    const past = catchUp({ snapshot, user, organization: before, dueAt, now });
    const looking = { subjectFor: passingSubject };
    const was = { user: latch(snapshot, past.user, before, now, looking).user, organization: before };
    const is = { user: latch(snapshot, { ...was.user, roles }, after, now, looking).user, organization: after };
    const among = touchedFlags(snapshot, was, is);
    const flips = flipsBetween({ ...was, snapshot, at: now }, { ...is, snapshot, at: now }, among);
    const gained = flips.unlocked.filter(this.#isTold);
    const lost = flips.locked.filter(this.#isTold);
    if (!hasFlips({ unlocked: gained, locked: lost })) return 'stayOff';
    if (gained.length > 0) this.#gaining += 1;
    if (lost.length > 0) this.#losing += 1;
    for (const key of gained) this.#flag(key).gained += 1;
    for (const key of lost) this.#flag(key).lost += 1;
    if (this.#samples.length < this.#sampleSize) {
      this.#samples.push({ userId: user.id, rolesBefore: had.flat(), rolesAfter: has.flat(), gained, lost });
    }
    return gained.length > 0 ? 'wouldUnlock' : 'wouldLose';
  }

  /** Whether whoever asks may know of a flag: an organization of those that are for its people's screens, or delegated. */
  readonly #isTold = (flagKey: string): boolean => {
    const { snapshot, manager } = this.#options;
    const flag = snapshot.flags.get(flagKey)?.flag;
    return manager === '' || flag?.clientVisible === true || flag?.delegated === true;
  };

  #flag(flagKey: string) {
    let tally = this.#flags.get(flagKey);
    if (tally === undefined) {
      tally = { gained: 0, lost: 0 };
      this.#flags.set(flagKey, tally);
    }
    return tally;
  }

  #afterOf(before: OrganizationState): OrganizationState {
    let after = this.#after.get(before);
    if (after === undefined) {
      after = organizationAfter(before, this.#options.change);
      this.#after.set(before, after);
    }
    return after;
  }
}
