import { randomBytes, randomUUID } from 'node:crypto';
import { compileSnapshot } from '../core/compile-snapshot.js';
import type { AccessRow, Configuration, Flag, Segment } from '../core/flag.js';
import type { Fault } from '../core/flag-faults.js';
import { type JsonValue, quote, sameJson } from '../core/json.js';
import { faultOfName } from '../core/names.js';
import { type FlagInput, parseFlag } from '../core/parse-flag.js';
import { validateFlag } from '../core/validate-configuration.js';
import type { Notifier, RevisionOf } from '../notify/notifier.js';
import { KeyTaken } from '../store/configuration-store.js';
import type { Store, Transaction } from '../store/store.js';
import { recompute } from '../worker/recompute.js';
import {
  type AccessInput,
  accessAfter,
  heldRows,
  isRoleRow,
  parseAccessRow,
  requireDistinct,
  splitRows,
  writeAccess,
} from './access-rows.js';
import { backfillChanges } from './backfill-start.js';
import { type Call, type Caller, confinedTo } from './caller.js';
import type { ConfigurationKeeper } from './configuration-keeper.js';
import { announceConfiguration, lockConfiguration } from './configuration-write.js';
import { encodeToken } from './consistency-token.js';
import { forbidden, invalid, notFound } from './errors.js';
import { authorize } from './permissions.js';
import { checkComment, recordAudit } from './record-audit.js';
import { requireVersion } from './stale-version.js';
import { mayKnow } from './visible-flags.js';

export interface SetFlagInput {
  /** Its key, or the id of one that exists. */
  readonly keyOrId: string;
  /** Only change: NOT_FOUND when there is no such flag. */
  readonly mustExist: boolean;
  /** Of a flag that an id names: the key that the caller takes it to have. It never changes: another one is INVALID. */
  readonly key?: string | undefined;
  readonly input: FlagInput;
  /** 0: must not exist yet; undefined: whatever it is. */
  readonly expectedVersion: number | undefined;
  /** RELOCK: unlocks earned under older versions of changed rules no longer count. */
  readonly onRuleChange: 'KEEP' | 'RELOCK';
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
  readonly newlyUnlocked: readonly UserFlag[];
  readonly newlyLocked: readonly UserFlag[];
  readonly consistencyToken: string;
}

/** A flag of one user. */
export interface UserFlag {
  readonly userId: string;
  readonly flagKey: string;
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
    const told = ({ flagKey }: UserFlag): boolean => mayKnow(call, flagKey, keeper.snapshot);
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
    if (existing === undefined && (request.mustExist || manager !== '')) {
      throw notFound(`no flag ${quote(request.keyOrId)}`);
    }
    if (existing !== undefined && request.key !== undefined && request.key !== existing.key) {
      throw invalid(`the flag ${quote(request.keyOrId)} has the key ${quote(existing.key)}, which never changes`);
    }
    if (manager !== '' && !existing?.delegated) throw forbidden('this flag is not delegated to organizations');
    // Only now: the refusal tells the flag as it is, which is not for everybody.
    const present = existing && toldTo(manager, existing);
    requireVersion(request.keyOrId, request.expectedVersion, { kind: 'flag', value: present });

    const now = await tx.now();
    const { flag, changed } = parse(request, existing, now);
    const configured = changed || [...put, ...drop].some(isRoleRow);
    // From here on the configuration is this transaction's: what it is checked against cannot change under it.
    const { revision, present: all, snapshot: before } = await lockConfiguration(tx, this.#options.keeper, configured);
    const warnings = changed ? validate(flag, all ?? (await tx.configuration.load())) : [];
    if (changed) await tx.configuration.putFlag(flag);
    const keyed = (list: typeof put): AccessRow[] => list.map((row) => ({ ...row, flagId: flag.id }));
    const rowsBefore = await heldRows(tx, existing, [...put, ...drop], { states, organizations });
    const change = { put: keyed(put), drop: keyed(drop) };
    const written = await writeAccess(tx, change);
    const touched = [...states.values()].map((state) => ({
      before: state,
      after: { ...state, access: accessAfter(state, change) },
      cause: { type: 'access' } as const,
    }));
    const flips = { unlocked: [] as UserFlag[], locked: [] as UserFlag[] };
    if (touched.length > 0) {
      const snapshot = configured ? compileSnapshot(await tx.configuration.load(), before) : before;
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
    const told = toldTo(manager, flag);
    const changes = { configured, revision, users, organizations: written, backfillId, flips };
    return { flag: told, access: change.put, warnings, ...changes };
  }
}

function parse(request: SetFlagInput, existing: Flag | undefined, now: number) {
  const key = existing?.key ?? request.keyOrId;
  const relock = request.onRuleChange === 'RELOCK';
  const { flag, faults } = parseFlag({ key, input: request.input, existing, now, newId, relock });
  if (faults.length > 0) throw refused(key, faults);
  if (existing !== undefined && sameFlag(existing, flag)) return { flag: existing, changed: false };
  return { flag, changed: true };
}

/** Holds the flag against everything it refers to, or that refers to it; gives what is allowed and seldom meant. */
function validate(flag: Flag, all: Configuration): readonly Fault[] {
  const flags = new Map(all.flags.map((other) => [other.key, other]));
  const segments = new Map<string, Segment>(all.segments.map((segment) => [segment.key, segment]));
  const { faults, warnings } = validateFlag(flag, { flags: flags.set(flag.key, flag), segments });
  if (faults.length > 0) throw refused(flag.key, faults);
  return warnings;
}

function checkRequest({ keyOrId, access, removeAccess, comment }: SetFlagInput): void {
  const fault = keyOrId.startsWith('flg_') ? undefined : faultOfName('flagKey', keyOrId);
  if (fault !== undefined) throw invalid(fault, [{ pointer: '/key', message: fault }]);
  const rows = access.length + removeAccess.length;
  if (rows > MAX_ROWS) throw invalid(`a call puts and removes at most ${MAX_ROWS} access rows, not ${rows}; split it`);
  checkComment(comment);
}

/** Who manages the rows that this caller puts: '' the platform, else the organization. */
function managerOf(caller: Caller): string {
  const confined = confinedTo(caller);
  if (caller.kind === 'machine') return confined;
  if (caller.platformAdmin) return '';
  if (confined !== '' && caller.roles?.includes('admin')) return confined;
  throw forbidden('SetFlag is for platform administrators, and for an organization’s admins on delegated flags');
}

/** An organization is told which flag it puts rows on, and not by what policy the platform gives it to whom else. */
function toldTo(manager: string, flag: Flag): Flag {
  if (manager === '') return flag;
  return { ...flag, description: '', rules: [], prerequisites: [], distribution: [], tags: [], owner: '', salt: '' };
}

function requireMembers(manager: string, users: readonly { id: string; organizationId: string }[]): void {
  const foreign = manager === '' ? undefined : users.find(({ organizationId }) => organizationId !== manager);
  if (foreign !== undefined) throw notFound(`no user ${quote(foreign.id)}`);
}

function sameFlag(a: Flag, b: Flag): boolean {
  const content = ({ version, updatedAt, ...rest }: Flag) => JSON.parse(JSON.stringify(rest)) as JsonValue;
  return sameJson(content(a), content(b));
}

function refused(key: string, faults: readonly Fault[]): Error {
  const [first] = faults;
  const more = faults.length > 1 ? ` (and ${faults.length - 1} more)` : '';
  return invalid(`the flag ${quote(key)} cannot be stored: ${first!.pointer}: ${first!.message}${more}`, faults);
}

function newId(prefix: 'flg' | 'rul' | 'slt'): string {
  return prefix === 'slt' ? randomBytes(12).toString('hex') : `${prefix}_${randomUUID().replaceAll('-', '')}`;
}

function pairs(revisions: readonly RevisionOf[]): readonly (readonly [string, number])[] {
  return revisions.map(({ id, revision }) => [id, revision] as const);
}
