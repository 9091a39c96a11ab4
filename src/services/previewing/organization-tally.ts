import type { OrganizationState } from '../../core/states/organization-state.js';
import { organizationPartitionOf } from '../../core/values/partition.js';
import {
  type OrganizationGroups,
  type OrganizationSample,
  PREVIEW_GROUPS,
  type PreviewGroup,
} from './preview-event.js';
import type { Previewed } from './preview-side.js';
import {
  type Counting,
  groupOf,
  noCounts,
  type PreviewSides,
  ruleOf,
  type TallyOptions,
  userGroup,
} from './preview-tally.js';

/** A sample, whose members may still be counted. */
type Sample = OrganizationSample & { readonly members: Counting };

interface Group {
  organizations: number;
  readonly members: Counting;
  readonly samples: Sample[];
}

function noGroups(): Readonly<Record<PreviewGroup, Group>> {
  const group = (): Group => ({ organizations: 0, members: noCounts(), samples: [] });
  return { wouldUnlock: group(), wouldLose: group(), stayOn: group(), stayOff: group() };
}

/**
 * Counts organizations by whether they have earned a flag with and without the draft, and their members by what it does to them. First
 * all organizations are to be added, then all members: only the samples' members are counted organization by organization.
 */
export class EarnerTally {
  readonly #options: TallyOptions;
  readonly #groups = noGroups();
  readonly #samples = new Map<string, Sample>();
  /** What was found of organizations whose states are held. */
  readonly #known = new WeakMap<OrganizationState, PreviewGroup>();

  constructor(options: TallyOptions) {
    this.#options = options;
  }

  get groups(): OrganizationGroups {
    return this.#groups;
  }

  addOrganization(organization: OrganizationState): void {
    const name = this.#groupOf(organization);
    const group = this.#groups[name];
    group.organizations++;
    if (group.samples.length >= this.#options.sampleSize) return;
    const sample = this.#sample(organization, name);
    group.samples.push(sample);
    this.#samples.set(organization.id, sample);
  }

  /** Counts a member of an organization, whom the draft puts into a group. */
  addMember(organization: OrganizationState, group: PreviewGroup): void {
    this.#groups[this.#groupOf(organization)].members[group]++;
    const sample = this.#samples.get(organization.id);
    if (sample !== undefined) sample.members[group]++;
  }

  #groupOf(organization: OrganizationState): PreviewGroup {
    let group = this.#known.get(organization);
    if (group === undefined) {
      const { before, after } = this.#options.sides;
      const decided = [before, after].map((side) => side.earned(organization)?.decision.enabled === true);
      group = groupOf(decided[0]!, decided[1]!);
      this.#known.set(organization, group);
    }
    return group;
  }

  #sample(organization: OrganizationState, group: PreviewGroup): Sample {
    const { sides, room } = this.#options;
    const before = sides.before.earned(organization);
    const { rules, granted } = sides.after.earned(organization)?.standing() ?? { rules: [], granted: false };
    const servedBy = group === 'wouldLose' && before ? ruleOf(before.decision, before.standing().rules) : undefined;
    return { organizationId: organization.id, members: noCounts(), granted, ...room.take(rules, servedBy) };
  }
}

/**
 * Counts organizations by what a draft does to their members: members are to be added in their order, those of one organization after
 * those of another. An organization is in the group of each of its members.
 */
export class MemberTally {
  readonly #sides: PreviewSides;
  readonly #sampleSize: number;
  readonly #groups = noGroups();
  /** The organization whose members are being counted. */
  #present = '';
  #members = noCounts();

  constructor({ sides, sampleSize }: Pick<TallyOptions, 'sides' | 'sampleSize'>) {
    this.#sides = sides;
    this.#sampleSize = sampleSize;
  }

  /** The groups of all members that were added. */
  get groups(): OrganizationGroups {
    this.#close();
    return this.#groups;
  }

  addMember(previewed: Previewed): void {
    const { organizationId } = previewed.user;
    if (organizationId !== this.#present) this.#close();
    this.#present = organizationId;
    this.#members[userGroup(this.#sides, previewed)]++;
  }

  #close(): void {
    const [organizationId, members] = [this.#present, this.#members];
    this.#present = '';
    this.#members = noCounts();
    for (const name of PREVIEW_GROUPS) {
      if (members[name] === 0) continue;
      const group = this.#groups[name];
      group.organizations++;
      for (const each of PREVIEW_GROUPS) group.members[each] += members[each];
      group.samples.push({ organizationId, members, rules: [], granted: false, servedBy: undefined, shortened: false });
      if (group.samples.length <= this.#sampleSize) continue;
      // Those that come first by the hash of their ids, as of users: they are as good as drawn by lot.
      group.samples.sort(
        (one, other) => placeOf(one) - placeOf(other) || (one.organizationId < other.organizationId ? -1 : 1),
      );
      group.samples.length = this.#sampleSize;
    }
  }
}

function placeOf({ organizationId }: Sample): number {
  return organizationPartitionOf(organizationId);
}
