import type { Decision } from '../deciding/decision.js';
import { decide, decideForPeople } from '../deciding/evaluate.js';
import { passingSubject, type Subject } from '../deciding/subject.js';
import type { AccessRow } from '../flags/flag.js';
import type { Audience } from '../requirements/requirement.js';
import type { CompiledFlag, Snapshot } from '../snapshot/snapshot.js';
import type { OrganizationState } from '../states/organization-state.js';
import { rolesOf } from '../states/role-hierarchy.js';
import { unknownUser } from '../states/user-state.js';
import { decisionForOrganization } from './explain-for-organization.js';

/** How a delegated flag stands for an organization. */
export interface OrganizationFlag {
  readonly flagKey: string;
  readonly name: string;
  /** What it is for members of whom nothing is known but their role: one without any first, then one for each role that there is. */
  readonly verdicts: readonly Verdict[];
  /** Whether its rules may turn it on for some members, by what is known of them. */
  readonly hasRules: boolean;
  /** The rows that the organization manages itself, but for those of users. */
  readonly ownRows: readonly AccessRow[];
  /** The platform's rows for the organization, for roles within it, and for roles everywhere; none where they may not be told. */
  readonly platformRows: readonly AccessRow[];
}

export interface Verdict {
  /** '' for none. */
  readonly role: string;
  /** What the platform says, were there no row of the organization. */
  readonly platform: Decision;
  /** What it comes to. */
  readonly result: Decision;
}

/** Whose flags are asked for, at which instant (epoch milliseconds). `PERSON` stands for the organization itself. */
export interface OfOrganization {
  readonly snapshot: Snapshot;
  readonly now: number;
  readonly organization: OrganizationState;
  readonly audience: Audience;
  /** Those members of whom a flag says what it is for them. */
  readonly members: readonly SampleMember[];
}

/** A member of whom nothing is known but one role, or none (''), with the organization's own rows and without. */
export interface SampleMember {
  readonly role: string;
  readonly whole: Subject;
  readonly withoutOwnRows: Subject;
}

/** The members for {@link OfOrganization}: one without a role first, then one for each role that the organization has. */
export function sampleMembers(snapshot: Snapshot, organization: OrganizationState): readonly SampleMember[] {
  const access = organization.access.filter(({ managedBy }) => managedBy === '');
  return ['', ...rolesOf(organization).keys()].map((role) => {
    const member = { ...unknownUser(''), organizationId: organization.id, roles: role === '' ? [] : [role] };
    return {
      role,
      whole: passingSubject(snapshot, member, organization),
      withoutOwnRows: passingSubject(snapshot, member, { ...organization, access }),
    };
  });
}

/** A flag for an organization. Law: the results are the decisions for such members, told as their own explanations would tell them. */
export function organizationFlag(compiled: CompiledFlag, of: OfOrganization): OrganizationFlag {
  const { flag, roleAccess } = compiled;
  const rows = of.organization.access.filter(({ flagId }) => flagId === flag.id);
  const byPlatform = rows.filter(({ managedBy }) => managedBy === '');
  return {
    ...{ flagKey: flag.key, name: flag.name },
    verdicts: of.members.map(({ role, whole, withoutOwnRows }) => ({
      role,
      platform: told(compiled, of, withoutOwnRows),
      result: told(compiled, of, whole),
    })),
    hasRules: flag.rules.length > 0,
    ownRows: rows.filter(({ managedBy }) => managedBy !== ''),
    platformRows: of.audience === 'OPERATOR' ? [...byPlatform, ...roleAccess] : [],
  };
}

function told(compiled: CompiledFlag, { snapshot, now, audience }: OfOrganization, subject: Subject): Decision {
  const { key } = compiled.flag;
  if (audience === 'OPERATOR') return decide(snapshot, key, subject, now);
  const toPeople = decideForPeople(snapshot, key, subject, now);
  return decisionForOrganization(compiled, { snapshot, subject, now }, toPeople);
}
