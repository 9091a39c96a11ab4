import { randomUUID } from 'node:crypto';
import { announceFlag } from '../../announcing/announcements.js';
import { type Call, type Caller, confinedTo } from '../../calls/caller.js';
import { checkComment } from '../../calls/check-input.js';
import { encodeToken } from '../../calls/consistency-token.js';
import { forbidden, invalid, notFound } from '../../calls/errors.js';
import { authorize } from '../../calls/permissions.js';
import { recordAudit } from '../../calls/record-audit.js';
import { requireVersion } from '../../calls/stale-version.js';
import { backfillChanges } from '../../configuration/backfill-start.js';
import type { ConfigurationKeeper } from '../../configuration/configuration-keeper.js';
import { announceConfiguration, lockConfiguration } from '../../configuration/configuration-write.js';
import type { AccessRow, Flag } from '../../core/flags/flag.js';
import type { FlippedFlag } from '../../core/flags/flipped-flag.js';
import { compileSnapshot } from '../../core/snapshot/compile-snapshot.js';
import type { Fault } from '../../core/values/fault.js';
import { quote } from '../../core/values/json.js';
import type { Notifier, RevisionOf } from '../../notify/notifier.js';
import { KeyTaken } from '../../store/configuration-store.js';
import type { Store, Transaction } from '../../store/store.js';
import { recompute } from '../../unlocking/recompute.js';
import {
  type AccessInput,
  accessAfter,
  heldRows,
  isRoleRow,
  parseAccessRow,
  requireDistinct,
  splitRows,
  writeAccess,
} from '../access/access-rows.js';
import { mayKnow } from '../access/caller-reach.js';
import { checkDrafted, checkFlagName, checkNamed, draftedFlag, type FlagDraft } from './flag-draft.js';

export interface SetFlagInput extends FlagDraft {
  /** 0: must not exist yet; undefined: whatever it is. */
  readonly expectedVersion: number | undefined;
  readonly comment: string;
  readonly access: readonly AccessInput[];
  readonly removeAccess: readonly AccessInput[];
}

export interface FlagWritten {
  /** For an organization without the platform's policy. */
  readonly flag: Flag;
  /** The rows that were put, as they now are. */
  readonly access: readonly AccessRow[];
  /** What is allowed and seldom meant. */
  readonly warnings: readonly Fault[];
  /** The backfill of what users may have earned by this change; undefined where they cannot. */
  readonly backfillId: string | undefined;
  /**
   * Flags whose decision on stored state came on, or went off, through this write for users whose own rows it names. Whoever
   * else it concerns is told by streams.
   */
  readonly newlyUnlocked: readonly FlippedFlag[];
  readonly newlyLocked: readonly FlippedFlag[];
  readonly consistencyToken: string;
}

export interface FlagServiceOptions {
  readonly store: Store;
  readonly keeper: ConfigurationKeeper;
  readonly notifier: Notifier;
}

const MAX_ROWS = 1_000;

/** Creates and changes flags and their access rows. */
export class FlagService {
  readonly #options: FlagServiceOptions;

  constructor(options: FlagServiceOptions) {
    this.#options = options;
  }

  /**
   * Creates or changes a flag and its rows, all in one transaction. Rejects with CONFLICT when the flag is not at the
   * expected version, telling the present one; with INVALID naming every fault by its pointer.
   */
  async set(call: Call, request: SetFlagInput): Promise<FlagWritten> {
    authorize(call, 'SetFlag');
    checkRequest(request);
    const manager = managerOf(call.caller);
    if (manager !== '' && Object.values(request.input).some((value) => value !== undefined)) {
      throw forbidden(
        'only the platform changes a flag; an organization puts access rows of its own on delegated flags',
      );
    }
    const { store, keeper, notifier } = this.#options;
    const write = () => store.transaction((tx) => this.#write(tx, call, request, manager));
    const written = await write().catch((error: unknown) => {
      // Created by somebody else since this looked: now it is there to be changed, or to be told of.
      if (error instanceof KeyTaken) return write();
      throw error;
    });

    const { flag, access, warnings, configured, revision, users, organizations, backfillId, flips } = written;
    if (configured) await announceConfiguration({ keeper, notifier }, revision);
    if (users.length > 0) await notifier.publish({ kind: 'users', users });
    if (organizations.length > 0) await notifier.publish({ kind: 'organizations', organizations });
    const consistencyToken = encodeToken({
      epoch: await store.epoch(),
      configuration: revision,
      users: pairs(users),
      organizations: pairs(organizations),
    });
    const told = ({ flagKey }: FlippedFlag): boolean => mayKnow(call, flagKey, keeper.snapshot);
    return {
      ...{ flag, access, warnings, backfillId, consistencyToken },
      newlyUnlocked: flips.unlocked.filter(told),
      newlyLocked: flips.locked.filter(told),
    };
  }

  async #write(tx: Transaction, call: Call, request: SetFlagInput, manager: string) {
    // Rows of users and organizations come before the flag in the order of locks; what they may be does not depend on it.
    const put = request.access.map((row) => parseAccessRow(row, manager));
    const drop = request.removeAccess.map((row) => parseAccessRow(row, manager));
    requireDistinct([...put, ...drop]);
    const rows = splitRows([...put, ...drop]);
    const organizations = await tx.organizations.lock(rows.organizationIds);
    const states = await tx.users.lock(rows.userIds);
    requireMembers(manager, [...states.values()]);

    const existing = await tx.configuration.lockFlag(request.keyOrId);
    if (existing === undefined && manager !== '') throw notFound(`no flag ${quote(request.keyOrId)}`);
    checkNamed(request, existing);
    if (manager !== '' && !existing?.delegated) throw forbidden('this flag is not delegated to organizations');
    // Only now: the refusal tells the flag as it is, which is not for everybody.
    const present = existing && flagShownTo(manager, existing);
    requireVersion(request.keyOrId, request.expectedVersion, { kind: 'flag', value: present });

    const now = await tx.now();
    const { flag: drafted, changed } = draftedFlag(request, existing, now);
    const firstRow = !drafted.hasRows && put.some((row) => !isRoleRow(row));
    const flag: Flag = firstRow ? { ...drafted, hasRows: true } : drafted;
    const redecided = changed || [...put, ...drop].some(isRoleRow);
    const configured = redecided || firstRow;
    // From here on the configuration is this transaction's: what it is checked against cannot change under it.
    const { revision, present: all, snapshot: before } = await lockConfiguration(tx, this.#options.keeper, configured);
    const warnings = changed ? checkDrafted(flag, all ?? (await tx.configuration.load())) : [];
    if (changed || firstRow) await tx.configuration.putFlag(flag);
    if (changed) {
      await announceFlag(tx, { before: existing, after: flag, announced: before.announced });
    }
    const keyed = (list: typeof put): AccessRow[] => list.map((row) => ({ ...row, flagId: flag.id }));
    const rowsBefore = await heldRows(tx, existing, [...put, ...drop], { states, organizations });
    const change = { put: keyed(put), drop: keyed(drop) };
    const written = await writeAccess(tx, change);
    const touched = [...states.values()].map((state) => ({
      before: state,
      after: { ...state, access: accessAfter(state, change) },
      cause: { type: 'access' } as const,
    }));
    const flips = { unlocked: [] as FlippedFlag[], locked: [] as FlippedFlag[] };
    if (touched.length > 0) {
      const snapshot = redecided ? compileSnapshot(await tx.configuration.load(), before) : before;
      const options = { snapshot, snapshotBefore: before, now, batch: randomUUID() };
      for (const { userId, unlocked, locked } of (await recompute(tx, touched, options)).changes) {
        flips.unlocked.push(...unlocked.map((flagKey) => ({ userId, flagKey })));
        flips.locked.push(...locked.map((flagKey) => ({ userId, flagKey })));
      }
    }

    const rowsChanged = put.length + drop.length > 0;
    if (changed || rowsChanged) {
      await recordAudit(tx, call, now, {
        action: existing === undefined ? 'flag.create' : changed ? 'flag.set' : 'access.set',
        target: flag.key,
        before: { ...(changed && existing ? { flag: existing } : {}), ...(rowsChanged ? { access: rowsBefore } : {}) },
        after: { ...(changed ? { flag } : {}), ...(rowsChanged ? { put: change.put, removed: change.drop } : {}) },
        comment: request.comment,
      });
    }
    const backfilled = { before, revision, reason: 'flag', now } as const;
    const [backfillId] = changed ? await backfillChanges(tx, backfilled) : [];
    const users = touched.map(({ before: { id, revision } }) => ({ id, revision: revision + 1 }));
    const told = flagShownTo(manager, flag);
    const changes = { configured, revision, users, organizations: written, backfillId, flips };
    return { flag: told, access: change.put, warnings, ...changes };
  }
}

function checkRequest({ keyOrId, access, removeAccess, comment }: SetFlagInput): void {
  checkFlagName(keyOrId);
  const rows = access.length + removeAccess.length;
  if (rows > MAX_ROWS) throw invalid(`a call puts and removes at most ${MAX_ROWS} access rows, not ${rows}; split it`);
  checkComment(comment);
}

/** Who manages the rows that this caller puts: '' the platform, else the organization. */
function managerOf(caller: Caller): string {
  const confined = confinedTo(caller);
  if (caller.kind !== 'person') return confined;
  if (caller.platformAdmin) return '';
  if (confined !== '' && caller.roles?.includes('admin')) return confined;
  throw forbidden('SetFlag is for platform administrators, and for an organization’s admins on delegated flags');
}

/** An organization is told which flag it puts rows on, and not by what policy the platform gives it to whom else. */
function flagShownTo(manager: string, flag: Flag): Flag {
  if (manager === '') return flag;
  return { ...flag, description: '', rules: [], prerequisites: [], distribution: [], tags: [], owner: '', salt: '' };
}

function requireMembers(manager: string, users: readonly { id: string; organizationId: string }[]): void {
  const foreign = manager === '' ? undefined : users.find(({ organizationId }) => organizationId !== manager);
  if (foreign !== undefined) throw notFound(`no user ${quote(foreign.id)}`);
}

function pairs(revisions: readonly RevisionOf[]): readonly (readonly [string, number])[] {
  return revisions.map(({ id, revision }) => [id, revision] as const);
}
