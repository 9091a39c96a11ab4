import { Derivations } from '../../../../core/counting/derivations.js';
import { firstsNeeded, Recount, type Recounted } from '../../../../core/counting/recount.js';
import type { UserSpans } from '../../../../core/counting/sequences.js';
import type { Derivation } from '../../../../core/flags/flag.js';
import type { Earner, UserState } from '../../../../core/states/user-state.js';
import { ANY_ACTION } from '../../../../core/values/names.js';
import { changeByKey, dropByKey, rowsByKey } from '../../engine/rows-by-key.js';
import { firstRow, parseJson, type Sql } from '../../engine/sql.js';
import { type UserKey, userKey, userKeys } from '../../engine/user-keys.js';
import { addDistinctValues } from './distinct-values.js';
import { keptOfUsers } from './kept-events.js';
import { putSpans } from './sequence-spans.js';
import { addDays, putTotals } from './totals.js';

/** How actions are derived now, and since which revision each is, or is no more. */
interface Derived {
  readonly revision: number;
  readonly changedAt: ReadonlyMap<string, number>;
  readonly derivations: Derivations;
}

/** How derived actions are to be counted for users who are behind. */
interface Options {
  /** The only actions that are counted; undefined for all. */
  readonly only?: ReadonlySet<string> | undefined;
  /** Of which kind the users are; left out, they are users. */
  readonly earner?: Earner;
}

/** Users of whom an action is derived otherwise now than when it was counted, with that counted anew from what is kept of them. */
export interface BroughtUp {
  readonly states: ReadonlyMap<string, UserState>;
  readonly revision: number;
  readonly recounted: readonly (Recounted & { readonly before: UserState; readonly names: ReadonlySet<string> })[];
}

/**
 * Counts derived actions anew for users who are behind, from the events that are kept of them. All that `sql` reads must be of one
 * instant for these users: within a snapshot, or under their locks.
 */
export async function bringUp(sql: Sql, users: readonly UserState[], options: Options = {}): Promise<BroughtUp> {
  const { only, earner = 'user' } = options;
  const derived = await readDerived(sql);
  const upTo = await derivedRevisions(sql, users, earner);
  const states = new Map(users.map((user) => [user.id, user]));
  const recounted: BroughtUp['recounted'][number][] = [];
  // Most are as far as others: those from before a declaration, and those who have come since.
  for (const [revision, group] of Map.groupBy(users, ({ id }) => upTo.get(id) ?? 0)) {
    const changed = [...derived.changedAt].flatMap(([name, changedAt]) => (changedAt > revision ? [name] : []));
    const names = new Set(changed.filter((name) => only === undefined || only.has(name)));
    if (names.size === 0) continue;
    const derivations = derived.derivations.among(names);
    // Of a user whom nobody has written nothing was counted.
    const written = group.filter((user) => user.revision > 0);
    for await (const made of recountUsers(sql, written, { names, derivations, earner })) {
      states.set(made.after.id, made.after);
      recounted.push({ ...made, names });
    }
  }
  return { states, revision: derived.revision, recounted };
}

/** Users with actions that are not derived, counted from what is kept as if they were. */
export async function countAs(
  sql: Sql,
  users: readonly UserState[],
  derived: ReadonlyMap<string, Derivation>,
): Promise<readonly UserState[]> {
  const derivations = new Derivations(derived);
  const names = new Set(derived.keys());
  const counted: UserState[] = [];
  for await (const { after } of recountUsers(sql, users, { names, derivations, earner: 'user' })) counted.push(after);
  return counted;
}

interface RecountOptions {
  readonly names: ReadonlySet<string>;
  readonly derivations: Derivations;
  readonly earner: Earner;
}

/** Counts some actions of users anew, of one after the other, from what is kept of each: of that a page is held at once. */
async function* recountUsers(
  sql: Sql,
  users: readonly UserState[],
  { names, derivations, earner }: RecountOptions,
): AsyncGenerator<Recounted & { readonly before: UserState }> {
  const reading = { actions: sourcesOf(derivations), properties: derivations.readsProperties };
  let next = 0;
  for await (const { pages, firsts } of keptOfUsers(sql, keysOf(users, earner), reading)) {
    const before = users[next++]!;
    const known = await firsts([...firstsNeeded(before, names, derivations)]);
    const counting = new Recount(before, names, { derivations, firsts: known });
    for await (const page of pages) counting.take(page);
    yield { ...counting.done(), before };
  }
}

/** Writes what {@link bringUp} has counted. The users must be locked. */
export async function storeBroughtUp(
  sql: Sql,
  { states, revision, recounted }: BroughtUp,
  earner: Earner,
): Promise<void> {
  const stored = recounted.flatMap(({ before, names }) =>
    [...names].filter((name) => before.actions.has(name)).map((action) => ({ userId: before.id, action })),
  );
  await dropCounted(sql, stored, earner);
  await putTotals(
    sql,
    recounted.flatMap(({ totals }) => totals),
    earner,
  );
  await addDays(
    sql,
    recounted.flatMap(({ days }) => days),
    earner,
  );
  await addDistinctValues(
    sql,
    recounted.flatMap(({ distinct }) => distinct),
    earner,
  );
  const counted = recounted.flatMap(({ before, names }) =>
    Array.from(names, (name) => [...userKey(before.id, earner), name]),
  );
  await dropByKey(sql, 'sequence_spans', ['part', 'user_id', 'action'], counted);
  await putSpans(
    sql,
    recounted.flatMap(({ spans }) => spans),
    earner,
  );
  const note = (condition: string): string => `UPDATE users SET derived_revision = ? WHERE ${condition}`;
  await changeByKey(sql, ['part', 'id'], userKeys(states.keys(), earner), note, [revision]);
}

/** The actions whose events matter; undefined for all. */
function sourcesOf(derivations: Derivations): readonly string[] | undefined {
  return derivations.isSource(ANY_ACTION) ? undefined : [...derivations.sources()];
}

/** Forgets what was counted of users and actions, but for when what must come first occurred. */
export async function dropCounted(sql: Sql, of: readonly Omit<UserSpans, 'spans'>[], earner: Earner): Promise<void> {
  const keys = of.map(({ userId, action }) => [...userKey(userId, earner), action]);
  for (const table of ['action_totals', 'action_days', 'distinct_values']) {
    const drop = (condition: string): string => `DELETE FROM ${table} WHERE ${condition}`;
    await changeByKey(sql, ['part', 'user_id', 'action'], keys, drop);
  }
}

interface DerivedRow {
  readonly name: string;
  readonly derivation: string | null;
  readonly derived_changed: number;
}

/** The revision is read first: what is read after it may be newer, and is then looked at once more. */
async function readDerived(sql: Sql): Promise<Derived> {
  const revision = await derivedRevision(sql);
  const rows = await sql.rows<DerivedRow>(
    'SELECT name, derivation, derived_changed FROM actions WHERE derived_changed > 0',
  );
  const derived = rows.flatMap(({ name, derivation }) =>
    derivation === null ? [] : [[name, parseJson(derivation) as unknown as Derivation] as const],
  );
  const changedAt = new Map(rows.map((row) => [row.name, row.derived_changed]));
  // What counts since an action counts otherwise with it.
  for (const [name, { since }] of derived) {
    const first = since?.action === undefined ? undefined : changedAt.get(since.action);
    if (first !== undefined) changedAt.set(name, Math.max(first, changedAt.get(name)!));
  }
  return { revision, changedAt, derivations: new Derivations(new Map(derived)) };
}

/** The revision at which how an action is derived last changed; 0 where none ever was. */
export async function derivedRevision(sql: Sql): Promise<number> {
  const text = 'SELECT actions_derived FROM configuration_revision WHERE id = 1';
  return (await firstRow<{ actions_derived: number }>(sql, text))?.actions_derived ?? 0;
}

async function derivedRevisions(
  sql: Sql,
  users: readonly UserState[],
  earner: Earner,
): Promise<ReadonlyMap<string, number>> {
  const rows = await rowsByKey<{ id: string; derived_revision: number }>(
    sql,
    ['part', 'id'],
    keysOf(users, earner),
    (condition) => `SELECT id, derived_revision FROM users WHERE ${condition}`,
  );
  return new Map(rows.map((row) => [row.id, row.derived_revision]));
}

function keysOf(users: readonly UserState[], earner: Earner): readonly UserKey[] {
  return userKeys(
    users.map(({ id }) => id),
    earner,
  );
}
