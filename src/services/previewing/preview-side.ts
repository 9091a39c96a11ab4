import type { Decision, EvaluationContext } from '../../core/deciding/decision.js';
import { decide } from '../../core/deciding/evaluate.js';
import { passingSubject, type Subject, subjectOf } from '../../core/deciding/subject.js';
import { explain } from '../../core/explaining/explain.js';
import {
  explainForOrganization,
  type OrganizationExplanation,
} from '../../core/explaining/explain-for-organization.js';
import type { Explanation } from '../../core/explaining/explanation.js';
import type { KnownDays } from '../../core/facts/known-days.js';
import type { FlagRequirements } from '../../core/requirements/requirement.js';
import { requirementsOf } from '../../core/requirements/requirements-of.js';
import type { CompiledFlag, Snapshot } from '../../core/snapshot/snapshot.js';
import { HeldUser } from '../../core/states/held-user.js';
import type { OrganizationState } from '../../core/states/organization-state.js';
import { type UserState, unknownEarner } from '../../core/states/user-state.js';
import { latch } from '../../core/unlocking/latch.js';
import { catchUp } from '../../unlocking/catch-up.js';
import type { DraftedRows } from './drafted-rows.js';

/** A user whom a preview decides. */
export interface Previewed {
  readonly user: UserState;
  readonly organization: OrganizationState | undefined;
  /** When the user's timer is due; undefined without one. */
  readonly dueAt: number | undefined;
}

/** What an organization has come to by the rules of a flag that organizations earn. */
export interface Earned {
  readonly decision: Decision;
  /** The flag's rules that organizations earn, as they stand for it, and whether it has the flag apart from them. */
  readonly standing: () => Pick<FlagRequirements, 'rules' | 'granted'>;
}

/** What a call says of a user, and the organization that the decision is then about. */
export interface Overridden {
  readonly context: EvaluationContext;
  readonly organization: OrganizationState | undefined;
}

export interface SideOptions {
  readonly now: number;
  readonly known: KnownDays;
  /** The access rows of the draft; left out: they are as stored. */
  readonly rows?: DraftedRows | undefined;
}

/** A flag with the draft, or without it, which is decided for one user after another at one instant. */
export class PreviewSide {
  readonly #snapshot: Snapshot;
  readonly #flagKey: string;
  readonly #now: number;
  /** Whether a rule reads `unlocked`: then an unlock can decide more than the rule that it is of. */
  readonly #readsUnlocks: boolean;

  readonly #known: KnownDays;
  readonly #rows: DraftedRows | undefined;
  /** Organizations with what they have earned by these rules and what is not recorded yet. */
  readonly #organizations = new WeakMap<OrganizationState, OrganizationState>();

  constructor(snapshot: Snapshot, flagKey: string, { now, known, rows }: SideOptions) {
    this.#snapshot = snapshot;
    this.#flagKey = flagKey;
    this.#now = now;
    this.#known = known;
    this.#rows = rows;
    this.#readsUnlocks = readsUnlocks(snapshot);
  }

  /** Whether the flag is on for the user, counting unlocks that they have earned and that are not recorded yet. */
  isOn(previewed: Previewed): boolean {
    // A rule that is true gives the same decision before and after its unlock is recorded, so most users need no recording.
    const { dueAt } = previewed;
    const settled = this.#readsUnlocks || (dueAt !== undefined && dueAt <= this.#now);
    const user = settled ? this.#settled(previewed) : this.#userOf(previewed);
    return this.#decide(user, this.#organizationOf(previewed)).enabled;
  }

  /** The decision for the user, likewise. */
  decision(previewed: Previewed): Decision {
    return this.#decide(this.#settled(previewed), this.#organizationOf(previewed));
  }

  /** What the flag asks of the user, as operators are told; undefined where there is no such flag. */
  requirements(previewed: Previewed): FlagRequirements | undefined {
    if (this.#compiled() === undefined) return undefined;
    return this.#requirements(
      passingSubject(this.#snapshot, this.#settled(previewed), this.#organizationOf(previewed)),
    );
  }

  #requirements(subject: Subject): FlagRequirements {
    return requirementsOf(this.#compiled()!, {
      ...{ snapshot: this.#snapshot, subject, audience: 'OPERATOR' },
      ...{ now: this.#now, known: this.#known },
    });
  }

  /** What the flag's rules that organizations earn come to for one; undefined where it has none. */
  earned(organization: OrganizationState): Earned | undefined {
    const judging = this.#snapshot.organizationEarners?.judging;
    if (judging?.flags.has(this.#flagKey) !== true) return undefined;
    const settled = this.#organizationOf({ organization })!;
    const decision = decide(judging, this.#flagKey, passingSubject(judging, settled.earner!, settled), this.#now);
    return { decision, standing: () => this.#standingOf(settled) };
  }

  /** The rules that an organization earns, as a member sees them of whom nothing else is known. */
  #standingOf(organization: OrganizationState): Pick<FlagRequirements, 'rules' | 'granted'> {
    const subject = passingSubject(this.#snapshot, unknownEarner(organization.id), organization);
    const { rules, granted } = this.#requirements(subject);
    return { rules: rules.filter(({ earnedBy }) => earnedBy === 'ORGANIZATION'), granted };
  }

  /**
   * Why the flag is decided as it is for the user, likewise; with a call's overrides, for the organization that these name, which
   * `organization` is the state of.
   */
  explanation(previewed: Previewed, { context, organization }: Overridden): Explanation {
    const { user, organization: own } = previewed;
    return explain({
      ...{ snapshot: this.#snapshot, flagKey: this.#flagKey, now: this.#now, known: this.#known, context },
      user: this.#settled(previewed),
      organization: this.#organizationOf(organization === own ? previewed : { user, organization, dueAt: undefined }),
    });
  }

  /** What an organization may be told of that. The flag must be there. */
  explanationForOrganization(
    { user, organization: own, dueAt }: Previewed,
    overridden: Overridden,
  ): OrganizationExplanation {
    const { context, organization } = overridden;
    const previewed = { user, organization, dueAt: organization === own ? dueAt : undefined };
    const settled = this.#settled({ user, organization: own, dueAt });
    const subject = subjectOf(this.#snapshot, settled, this.#organizationOf(previewed), context);
    const about = { snapshot: this.#snapshot, subject, now: this.#now, known: this.#known };
    return explainForOrganization(this.#compiled()!, about);
  }

  #compiled(): CompiledFlag | undefined {
    return this.#snapshot.flags.get(this.#flagKey);
  }

  #decide(user: UserState, organization: OrganizationState | undefined): Decision {
    const subject = passingSubject(this.#snapshot, user, organization);
    return decide(this.#snapshot, this.#flagKey, subject, this.#now);
  }

  /** The user as a worker would leave them now: with unlocks by time recorded at the instants at which they were due. */
  #settled(previewed: Previewed): UserState {
    const { dueAt } = previewed;
    const user = this.#userOf(previewed);
    const snapshot = this.#snapshot;
    const organization = this.#organizationOf(previewed);
    const past = catchUp({ snapshot, user, organization, dueAt, now: this.#now });
    return latch(snapshot, past.user, organization, this.#now, { subjectFor: passingSubject }).user;
  }

  /** The user with the rows that the draft gives them. */
  #userOf({ user }: Previewed): UserState {
    return this.#rows?.user(user) ?? user;
  }

  /** The user's organization as a worker would leave it now, likewise. */
  #organizationOf(previewed: Pick<Previewed, 'organization'>): OrganizationState | undefined {
    const organization =
      previewed.organization && (this.#rows?.organization(previewed.organization) ?? previewed.organization);
    const judging = this.#snapshot.organizationEarners?.judging;
    if (judging === undefined || organization === undefined) return organization;
    let settled = this.#organizations.get(organization);
    if (settled === undefined) {
      const { earner = unknownEarner(organization.id) } = organization;
      const { user } = latch(judging, earner, organization, this.#now, { subjectFor: passingSubject });
      settled = { ...organization, earner: HeldUser.of(user) };
      this.#organizations.set(organization, settled);
    }
    return settled;
  }
}

function readsUnlocks({ slots }: Snapshot): boolean {
  return slots.all().some(({ definition }) => definition.name === 'unlocked');
}
