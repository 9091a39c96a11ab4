import { randomBytes, randomUUID } from 'node:crypto';
import type { AccessRow, Flag, Segment } from '../core/flag.js';
import type { Fault } from '../core/flag-faults.js';
import { quote } from '../core/json.js';
import { faultOfName } from '../core/names.js';
import { type FlagInput, parseFlag } from '../core/parse-flag.js';
import { validateFlag } from '../core/validate-configuration.js';
import type { Notifier, RevisionOf } from '../notify/notifier.js';
import { KeyTaken } from '../store/configuration-store.js';
import type { Store, Transaction } from '../store/store.js';
import { type AccessInput, heldRows, parseAccessRow, splitRows, writeAccess } from './access-rows.js';
import { type Call, type Caller, confinedTo } from './caller.js';
import type { ConfigurationKeeper } from './configuration-keeper.js';
import { encodeToken } from './consistency-token.js';
import { conflict, forbidden, invalid, notFound } from './errors.js';
import { authorize } from './permissions.js';
import { checkComment, recordAudit } from './record-audit.js';

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
  readonly flag: Flag;
  /** The rows that were put, as they now are. */
  readonly access: readonly AccessRow[];
  /** What is allowed and seldom meant. */
  readonly warnings: readonly Fault[];
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
    const written = await store
      .transaction((tx) => this.#write(tx, call, request, manager))
      .catch((error: unknown) => {
        throw error instanceof KeyTaken
          ? conflict(`${error.message} since a moment ago; read it and try again`)
          : error;
      });

    const { flag, access, warnings, revision, users, organizations } = written;
    if (revision !== undefined) {
      await Promise.all([keeper.atLeast(revision), notifier.publish({ kind: 'configuration', revision })]);
    }
    if (users.length > 0) await notifier.publish({ kind: 'users', users });
    if (organizations.length > 0) await notifier.publish({ kind: 'organizations', organizations });
    const consistencyToken = encodeToken({
      epoch: await store.epoch(),
      ...(revision === undefined ? {} : { configuration: revision }),
      users: pairs(users),
      organizations: pairs(organizations),
    });
    return { flag, access, warnings, consistencyToken };
  }

  async #write(tx: Transaction, call: Call, request: SetFlagInput, manager: string) {
    // Rows of users and organizations come before the flag in the order of locks; what they may be does not depend on it.
    const put = request.access.map((row) => parseAccessRow(row, manager));
    const drop = request.removeAccess.map((row) => parseAccessRow(row, manager));
    const rows = splitRows([...put, ...drop]);
    const organizations = await tx.organizations.lock(rows.organizationIds);
    const states = await tx.users.lock(rows.userIds);
    requireMembers(manager, [...states.values()]);

    const existing = await tx.configuration.lockFlag(request.keyOrId);
    checkVersion(existing, request);
    if (existing === undefined && (request.mustExist || manager !== '')) {
      throw notFound(`no flag ${quote(request.keyOrId)}`);
    }
    if (existing !== undefined && request.key !== undefined && request.key !== existing.key) {
      throw invalid(`the flag ${quote(request.keyOrId)} has the key ${quote(existing.key)}, which never changes`);
    }
    if (manager !== '' && !existing?.delegated) throw forbidden('this flag is not delegated to organizations');

    const now = await tx.now();
    const { flag, warnings, changed } = await this.#parse(tx, request, existing, now);
    if (changed) await tx.configuration.putFlag(flag);
    const keyed = (list: typeof put): AccessRow[] => list.map((row) => ({ ...row, flagId: flag.id }));
    const rowsBefore = await heldRows(tx, existing, [...put, ...drop], { states, organizations });
    const { keeper } = this.#options;
    const accessed = await writeAccess(tx, keeper, { put: keyed(put), drop: keyed(drop), states, now });

    const rowsChanged = put.length + drop.length > 0;
    if (changed || rowsChanged) {
      await recordAudit(tx, call, now, {
        action: existing === undefined ? 'flag.create' : changed ? 'flag.set' : 'access.set',
        target: flag.key,
        before: { ...(changed && existing ? { flag: existing } : {}), ...(rowsChanged ? { access: rowsBefore } : {}) },
        after: { ...(changed ? { flag } : {}), ...(rowsChanged ? { put: keyed(put), removed: keyed(drop) } : {}) },
        comment: request.comment,
      });
    }
    const configured = changed || accessed.configured;
    const revision = configured ? await tx.configuration.advance() : undefined;
    return { flag, access: keyed(put), warnings, revision, ...revisionsOf(accessed) };
  }

  async #parse(tx: Transaction, request: SetFlagInput, existing: Flag | undefined, now: number) {
    const key = existing?.key ?? request.keyOrId;
    const relock = request.onRuleChange === 'RELOCK';
    const { flag, faults } = parseFlag({ key, input: request.input, existing, now, newId, relock });
    if (faults.length > 0) throw refused(key, faults);
    if (existing !== undefined && sameFlag(existing, flag)) return { flag: existing, warnings: [], changed: false };
    const all = await tx.configuration.load();
    const flags = new Map(all.flags.map((other) => [other.key, other]));
    const segments = new Map<string, Segment>(all.segments.map((segment) => [segment.key, segment]));
    const verdict = validateFlag(flag, { flags: flags.set(flag.key, flag), segments });
    if (verdict.faults.length > 0) throw refused(key, verdict.faults);
    return { flag, warnings: verdict.warnings, changed: true };
  }
}

function checkRequest({ keyOrId, access, removeAccess, comment }: SetFlagInput): void {
  const fault = keyOrId.startsWith('flg_') ? undefined : faultOfName('flagKey', keyOrId);
  if (fault !== undefined) throw invalid(fault, [{ pointer: '/key', message: fault }]);
  const rows = access.length + removeAccess.length;
  if (rows > MAX_ROWS) throw invalid(`a call puts and removes at most ${MAX_ROWS} access rows, not ${rows}; split it`);
  checkComment(comment);
}

function checkVersion(existing: Flag | undefined, { expectedVersion, keyOrId }: SetFlagInput): void {
  if (expectedVersion === undefined || expectedVersion === (existing?.version ?? 0)) return;
  const now =
    existing === undefined ? 'does not exist' : `is at version ${existing.version} now: ${JSON.stringify(existing)}`;
  throw conflict(`expected version ${expectedVersion} of ${quote(keyOrId)}, but it ${now}`);
}

/** Who manages the rows that this caller puts: '' the platform, else the organization. */
function managerOf(caller: Caller): string {
  const confined = confinedTo(caller);
  if (caller.kind === 'machine') return confined;
  if (caller.platformAdmin) return '';
  if (confined !== '' && caller.roles?.includes('admin')) return confined;
  throw forbidden('SetFlag is for platform administrators, and for an organization’s admins on delegated flags');
}

function requireMembers(manager: string, users: readonly { id: string; organizationId: string }[]): void {
  const foreign = manager === '' ? undefined : users.find(({ organizationId }) => organizationId !== manager);
  if (foreign !== undefined) throw notFound(`no user ${quote(foreign.id)}`);
}

function sameFlag(a: Flag, b: Flag): boolean {
  const key = ({ version, updatedAt, ...rest }: Flag): string => JSON.stringify(rest);
  return key(a) === key(b);
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

function revisionsOf({ users, organizations }: { users: readonly RevisionOf[]; organizations: readonly RevisionOf[] }) {
  return { users, organizations };
}
