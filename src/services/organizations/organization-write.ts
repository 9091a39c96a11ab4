import { randomUUID } from 'node:crypto';
import type { Call } from '../../calls/caller.js';
import { conflict } from '../../calls/errors.js';
import { recordAudit } from '../../calls/writes/record-audit.js';
import { startBackfills } from '../../configuration/backfill-start.js';
import type { ConfigurationKeeper } from '../../configuration/configuration-keeper.js';
import { confirmSnapshot } from '../../configuration/confirm-snapshot.js';
import { latchingByOrganization } from '../../core/snapshot/comparing/latching-changes.js';
import type { Snapshot } from '../../core/snapshot/snapshot.js';
import type { OrganizationState } from '../../core/states/organization-state.js';
import { type MovedRows, sameRoles } from '../../core/states/role-change.js';
import { rolesOf } from '../../core/states/role-hierarchy.js';
import { quote, sameJson } from '../../core/values/json.js';
import { didYouMean } from '../../core/values/nearest-name.js';
import type { Transaction } from '../../store/store.js';
import { recomputeOrganizations } from '../../unlocking/recompute-organizations.js';

export interface OrganizationEdit {
  /** The organization when its lock was taken. */
  readonly before: OrganizationState;
  /** What it is to be; version and revision are raised here. */
  readonly after: OrganizationState;
  readonly action: string;
  readonly comment: string;
  /** Access rows that change with it, which `after` has already. */
  readonly rows?: MovedRows;
}

export interface OrganizationWritten {
  readonly organization: OrganizationState;
  readonly backfillIds: readonly string[];
}

/**
 * Writes what an organization says of itself, with its audit, and starts what follows from it. Rejects with CONFLICT where roles that
 * are to be strict would leave a member or an access row with a role that is not defined.
 */
export async function writeOrganization(
  tx: Transaction,
  call: Call,
  { before, after, action, comment, rows }: OrganizationEdit,
  keeper: ConfigurationKeeper,
): Promise<OrganizationWritten> {
  const { id } = before;
  const written = { ...after, version: before.version + 1, revision: before.revision + 1 };
  await tx.organizations.put(written);
  if (rows !== undefined && rows.drop.length > 0) {
    await tx.organizations.dropAccess(rows.drop);
    await tx.organizations.putAccess(rows.put);
  }
  await tx.organizations.advance([id]);
  const moved = rows === undefined || rows.drop.length === 0 ? {} : { movedRows: rows };
  const change = {
    before: before.version > 0 ? described(before) : undefined,
    after: { ...described(written), ...moved },
  };
  const now = await tx.now();
  // Its admins are told of its roles, and not of what else the platform says of it.
  const ofRoles = before.strictRoles !== written.strictRoles || !sameRoles(before.roles, written.roles);
  await recordAudit(tx, call, now, {
    ...{ action, target: id, ...change, comment, reach: ofRoles ? id : '' },
    version: ofRoles ? { kind: 'roles', organization: written } : undefined,
  });
  const { revision, backfillIds } = await judgeAnew(tx, before, written, { now, keeper });
  if (becomesStrict(before, written)) {
    // Whoever gives a member a role confirms the configuration's revision before they read the organization. So once this transaction
    // holds it, all roles that were given by the organization as it was before are committed.
    await tx.configuration.holdRevision();
    const refusal = await strictRefusal(tx, before, written);
    if (refusal !== '') throw conflict(refusal);
  }
  return { organization: { ...written, revision }, backfillIds };
}

/**
 * Starts backfills where the change can make latching rules true for the organization's users. Workers read an
 * organization without locking it, but they confirm the configuration's revision first. Once this transaction holds that
 * revision, every worker that read the organization as it was before has committed. What the organization itself earns by the change
 * it earns at once. Gives the organization's revision, too.
 */
async function judgeAnew(
  tx: Transaction,
  before: OrganizationState,
  after: OrganizationState,
  { now, keeper }: { readonly now: number; readonly keeper: ConfigurationKeeper },
) {
  const { id, revision } = after;
  const changed = new Set<'roles' | 'organization' | 'zone'>();
  if (!sameRoles(before.roles, after.roles)) changed.add('roles');
  if (!sameJson(before.attributes, after.attributes)) changed.add('organization');
  if (before.timeZone !== after.timeZone) changed.add('zone');
  if (changed.size === 0) return { revision, backfillIds: [] };
  await tx.configuration.holdRevision();
  const { snapshot } = await confirmSnapshot(tx, keeper);
  const flagIds = latchingByOrganization(snapshot, changed);
  const earned = await judgeEarner(tx, after, { snapshot, changed, now });
  const otherwise = new Set(latchingByOrganization(snapshot, changed.difference(ROLES)));
  const byRoles = flagIds.filter((flagId) => !otherwise.has(flagId));
  const started = { organizationId: id, revision: snapshot.revision, now } as const;
  const backfillIds = [
    ...(await startBackfills(tx, [...otherwise], { ...started, reason: 'organization' })),
    ...(await startBackfills(tx, byRoles, { ...started, reason: 'roles' })),
  ];
  return { revision: earned ?? revision, backfillIds };
}

/**
 * Judges an organization as an earner by the rules that read what has changed of it, where there are any; gives the organization's
 * revision after that. Its row is locked, which everybody locks before its earner: so it does not matter that the revision was held first.
 */
async function judgeEarner(
  tx: Transaction,
  organization: OrganizationState,
  { snapshot, changed, now }: { readonly snapshot: Snapshot; readonly changed: Changed; readonly now: number },
): Promise<number | undefined> {
  const judging = snapshot.organizationEarners?.judging;
  const flagIds = judging === undefined ? [] : latchingByOrganization(judging, changed);
  if (judging === undefined || flagIds.length === 0) return undefined;
  const { id } = organization;
  const earner = (await tx.earners.lock([id], judging.windowedActions)).get(id)!;
  const unsettled = new Set(flagIds.map((flagId) => judging.flagsById.get(flagId)!.flag.key));
  const touched = { before: earner, after: earner, cause: { type: 'organization' }, unsettled } as const;
  const options = { snapshot, organizations: new Map([[id, organization]]), now, batch: randomUUID() };
  return (await recomputeOrganizations(tx, [touched], options)).revisions[0]?.revision;
}

type Changed = Parameters<typeof latchingByOrganization>[1];
const ROLES: Changed = new Set(['roles'] as const);

/** How many undefined roles a message names. */
const MOST_TOLD = 5;

function becomesStrict(before: OrganizationState, after: OrganizationState): boolean {
  return after.strictRoles && !(before.strictRoles && sameRoles(before.roles, after.roles));
}

/** Why an organization's roles cannot be strict as it is to be; '' where they can, or are no more strict than before. */
export async function strictRefusal(
  tx: Pick<Transaction, 'members'>,
  before: OrganizationState,
  organization: OrganizationState,
): Promise<string> {
  if (!becomesStrict(before, organization)) return '';
  const { id, access } = organization;
  const known = rolesOf(organization);
  const held = await tx.members.holdingOthers(id, [...known.keys()], MOST_TOLD);
  const told = held.map(({ role, members }) => {
    return `${quote(role)} (${members} member${members === 1 ? '' : 's'}${didYouMean(role, known.keys())})`;
  });
  const inRows = new Set(access.map(({ role }) => role).filter((role) => role !== '' && !known.has(role)));
  for (const role of [...inRows].slice(0, MOST_TOLD)) {
    told.push(`${quote(role)} (in access rows${didYouMean(role, known.keys())})`);
  }
  if (told.length === 0) return '';
  return (
    `the roles of the organization ${quote(id)} cannot be strict as long as roles are in use that it does not define: ` +
    `${told.join(', ')}; define them, or change who has them first`
  );
}

function described({ attributes, timeZone, strictRoles, roles, version }: OrganizationState) {
  return { attributes, timeZone, strictRoles, roles, version };
}
