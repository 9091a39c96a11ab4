import type { AccessRow, Flag } from '../../core/flags/flag.js';
import { restoredInput } from '../../core/flags/restored-input.js';
import { type JsonObject, quote } from '../../core/values/json.js';
import type { AuditEntry } from '../../store/audit-store.js';
import type { Store } from '../../store/store.js';
import type { FlaglessRow } from '../access/access-rows.js';
import { keyOfRow } from '../access/access-rows.js';
import type { FlagService } from '../flags/flags.js';
import {
  changedSince,
  listIn,
  NotUndoable,
  notKept,
  partOf,
  rowsChangedSince,
  type Undoer,
  type UndoPlan,
} from './undoing.js';

interface FlagUndoing {
  readonly store: Pick<Store, 'audit' | 'versions' | 'configuration'>;
  readonly flags: FlagService;
}

/** How a change of a flag, of its rows, or of both is undone: by one call, as it was made. */
export async function undoFlag({ store, flags }: FlagUndoing, entry: AuditEntry, undoer: Undoer): Promise<UndoPlan> {
  const { target, before, after } = entry;
  const [had, left] = [partOf(before, 'flag'), partOf(after, 'flag')];
  if (left !== undefined && left.key === left.id) {
    return new NotUndoable('the key of this flag was given to a new one, which has it for good');
  }
  if (listIn(after, 'expectedOrganizations').length > 0) {
    return new NotUndoable('it says where users are expected: put the rows by hand');
  }
  const manager = entry.actorOrganization;
  if (manager !== undoer.confined) {
    const whose = manager === '' ? 'the platform' : `the organization ${quote(manager)}`;
    return new NotUndoable(`it is for ${whose} alone to undo, whose rows these are`, 'FORBIDDEN');
  }
  const present = await store.configuration.flag(left === undefined ? target : String(left.id));
  // The entry's rows have the id of the flag that they were of.
  const [row] = [...listIn(after, 'put'), ...listIn(after, 'removed')];
  if (row !== undefined && present !== undefined && row.flagId !== present.id) {
    return new NotUndoable(`the key ${quote(target)} was given to a new flag since`);
  }
  if (present === undefined) return new NotUndoable(`there is no flag ${quote(target)} any more`, 'CONFLICT');
  const thing = { kind: 'flag', id: present.id } as const;
  const version = left === undefined ? undefined : Number(left.version);
  if (version !== undefined && present.version !== version) {
    return changedSince(store, thing, { left: version, undoer, what: `the flag ${quote(target)}` });
  }
  const earlier = had === undefined ? undefined : await store.versions.get(thing, Number(had.version));
  if (had !== undefined && earlier === undefined) return notKept(Number(had.version));

  const [put, removed, former] = [listIn(after, 'put'), listIn(after, 'removed'), listIn(before, 'access')].map(rowsOf);
  const expectedRows = { there: put!, gone: removed! };
  if (!(await areAsLeft(store, present.id, expectedRows))) {
    return rowsChangedSince(store, entry, { rows: [...listIn(after, 'put'), ...listIn(after, 'removed')], undoer });
  }
  const restored = new Set(former!.map(keyOfRow));
  return async (call, comment) => {
    const { flag, warnings, backfillId, consistencyToken } = await flags.set(call, {
      ...{ keyOrId: present.id, mustExist: true, onRuleChange: 'KEEP', comment, expectedRows },
      ...{ input: earlier === undefined ? {} : restoredInput(earlier.state as unknown as Flag, present) },
      ...{
        expectedVersion: version,
        access: former!,
        removeAccess: put!.filter((row) => !restored.has(keyOfRow(row))),
      },
    });
    const newVersion = flag.version === present.version ? 0 : flag.version;
    return { newVersion, warnings, backfillIds: backfillId === undefined ? [] : [backfillId], consistencyToken };
  };
}

function rowsOf(rows: readonly JsonObject[]): readonly FlaglessRow[] {
  return rows.map((row) => {
    const { flagId, ...flagless } = row as unknown as AccessRow;
    return flagless;
  });
}

/** How many rows of a flag are looked at before the write: beyond, the write itself finds out. */
const LOOKED_AT = 1_000;

/** Whether the rows are as the entry left them, as far as a look tells; the write looks again, with everything locked. */
async function areAsLeft(
  { configuration }: Pick<Store, 'configuration'>,
  flagId: string,
  { there, gone }: { readonly there: readonly FlaglessRow[]; readonly gone: readonly FlaglessRow[] },
): Promise<boolean> {
  if (there.length + gone.length === 0) return true;
  const { items, next } = await configuration.access(flagId, { limit: LOOKED_AT });
  const held = new Map(items.map((row) => [keyOfRow(row), row]));
  const same = (row: FlaglessRow): boolean => {
    const now = held.get(keyOfRow(row));
    return now === undefined ? next !== undefined : now.effect === row.effect && now.enabled === row.enabled;
  };
  return there.every(same) && gone.every((row) => !held.has(keyOfRow(row)));
}
