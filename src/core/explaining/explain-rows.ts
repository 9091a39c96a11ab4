import { type Verdict, verdictOf } from '../deciding/access.js';
import type { Subject } from '../deciding/subject.js';
import type { AccessRow } from '../flags/flag.js';
import type { CompiledFlag } from '../snapshot/snapshot.js';
import { rolesOf } from '../states/role-hierarchy.js';
import type { ExplainedRow, RowLevel, RowStanding } from './explanation.js';

/** The access rows that are for a subject, and what those of each manager come to. */
export interface ExplainedRows {
  readonly rows: readonly ExplainedRow[];
  readonly platform: Verdict | undefined;
  /** Undefined too where the flag is not delegated, or the subject is in no organization. */
  readonly organization: Verdict | undefined;
}

/** The rows of a flag that are for a subject: the platform's, and those of the subject's organization. */
export function explainRows(compiled: CompiledFlag, subject: Subject): ExplainedRows {
  const { flag } = compiled;
  const { organizationId } = subject;
  const delegated = flag.delegated && organizationId !== '';
  const platform = verdictOf(compiled, subject, '');
  const organization = delegated ? verdictOf(compiled, subject, organizationId) : undefined;
  const candidates = rowsFor(compiled, subject);
  const rows = [
    ...standings(
      candidates.filter(({ ofPlatform }) => ofPlatform),
      platform,
    ),
    ...standings(
      candidates.filter(({ ofPlatform }) => !ofPlatform),
      organization,
      !delegated,
    ),
  ];
  return { rows, platform, organization };
}

interface Candidate {
  readonly row: AccessRow;
  readonly level: RowLevel;
  readonly through: readonly string[];
  readonly ofPlatform: boolean;
}

const LEVELS: readonly RowLevel[] = ['USER', 'ROLE_IN_ORGANIZATION', 'ROLE', 'ORGANIZATION'];

function rowsFor({ flag, roleAccess }: CompiledFlag, subject: Subject): readonly Candidate[] {
  const { user, organization, organizationId } = subject;
  const chains = roleChains(subject);
  const ofUser = user.access
    .filter(({ flagId, managedBy }) => flagId === flag.id && (managedBy === '' || managedBy === organizationId))
    .map((row): Candidate => {
      const named = { ...row, userId: user.id, role: '', organizationId: '' };
      return { row: named, level: 'USER', through: [], ofPlatform: row.managedBy === '' };
    });
  const ofOrganization = (organization?.access ?? [])
    .filter(({ flagId, managedBy }) => flagId === flag.id && (managedBy === '' || managedBy === organizationId))
    .flatMap((row): Candidate[] => {
      const ofPlatform = row.managedBy === '';
      if (row.role === '') return [{ row, level: 'ORGANIZATION', through: [], ofPlatform }];
      const through = chains.get(row.role);
      return through === undefined ? [] : [{ row, level: 'ROLE_IN_ORGANIZATION', through, ofPlatform }];
    });
  const ofRoles = roleAccess.flatMap((row): Candidate[] => {
    const through = row.role === '' ? undefined : chains.get(row.role);
    // Whoever put it: a row of a role on the whole platform counts as the platform's.
    const ofPlatform = { ...row, managedBy: '' };
    return through === undefined ? [] : [{ row: ofPlatform, level: 'ROLE', through, ofPlatform: true }];
  });
  return [...ofUser, ...ofOrganization, ...ofRoles].toSorted((a, b) => rankOf(a) - rankOf(b));
}

/** More than how far a role can be from a user's own. */
const MOST_DISTANCE = 1_000_000;

/** The smaller, the more it counts: by level, then by the distance of the role. */
function rankOf({ level, through }: Pick<Candidate, 'level' | 'through'>): number {
  return LEVELS.indexOf(level) * MOST_DISTANCE + through.length;
}

/** What becomes of each of one manager's rows, by the verdict that they give together. */
function standings(
  candidates: readonly Candidate[],
  verdict: Verdict | undefined,
  ignored = false,
): readonly ExplainedRow[] {
  const active = candidates.filter(({ row }) => row.enabled);
  const nearest = Math.min(...active.map(rankOf));
  const standingOf = (candidate: Candidate): RowStanding => {
    if (!candidate.row.enabled) return 'INACTIVE';
    if (ignored) return 'IGNORED';
    return rankOf(candidate) === nearest && candidate.row.effect === verdict?.effect ? 'DECIDES' : 'OUTRANKED';
  };
  return candidates.map((candidate) => {
    const { row, level, through } = candidate;
    return { row, level, standing: standingOf(candidate), through };
  });
}

/** How a subject has each of its roles: from one that it was given, by those that inherit one from another. */
function roleChains({ roleLevels, organization }: Subject): ReadonlyMap<string, readonly string[]> {
  const inherits = rolesOf(organization);
  const chains = new Map<string, readonly string[]>();
  for (const role of roleLevels[0] ?? []) chains.set(role, [role]);
  for (const level of roleLevels) {
    for (const role of level) {
      const chain = chains.get(role)!;
      for (const next of inherits.get(role) ?? []) if (!chains.has(next)) chains.set(next, [...chain, next]);
    }
  }
  return chains;
}
