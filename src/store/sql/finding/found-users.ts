import { foldLedger, type LedgerFold } from '../../../core/states/ledger.js';
import { keptForSearch, searchedValues } from '../../../core/states/searched-attributes.js';
import { foldedText } from '../../../core/values/folded-text.js';
import type { FoundUser, UnlockedFlag, UsersRequest } from '../../finder.js';
import type { Page } from '../../page.js';
import { joinPosition } from '../engine/page-of.js';
import { rowsByKey } from '../engine/rows-by-key.js';
import { parseJson, type Sql } from '../engine/sql.js';
import { USER_KEY, type UserKey } from '../engine/user-keys.js';
import { IS_SOMEBODY } from '../users/user-pages.js';
import { type Candidate, placeIn, sourcesOf } from './user-sources.js';

/** How many candidates one statement reads, at least and at most, and how many a page passes over before it ends as it is. */
const FEWEST_AT_ONCE = 20;
const MOST_AT_ONCE = 500;
const MOST_A_PAGE = 2_000;

/** A page of users. */
export async function findUsers(sql: Sql, request: UsersRequest): Promise<Page<FoundUser>> {
  const sources = sourcesOf(request);
  const { limit } = request;
  const found: { readonly user: FoundUser; readonly next: string }[] = [];
  let place = placeIn(sources, request.after);
  for (let looked = 0, growth = 1; ; growth *= 2) {
    const source = sources[place.source];
    if (source === undefined) return { items: found.map(({ user }) => user) };
    // One more than the page has tells whether there are more.
    const wanted = Math.min(MOST_AT_ONCE, growth * Math.max(FEWEST_AT_ONCE, limit + 1 - found.length));
    const candidates = await source.read(sql, place.after, wanted);
    const users = await wantedAmong(sql, request, candidates);
    for (const { key, position } of candidates) {
      const user = users.get(key[1]);
      const next = joinPosition([String(place.source), ...position]);
      if (user !== undefined) found.push({ user, next });
      if (found.length > limit)
        return { items: found.slice(0, limit).map(({ user }) => user), next: found[limit - 1]!.next };
    }
    looked += candidates.length;
    const isDone = candidates.length < wanted;
    place = isDone
      ? { source: place.source + 1, after: undefined }
      : { source: place.source, after: candidates.at(-1)!.position };
    if (looked >= MOST_A_PAGE && !isDone) {
      const next = joinPosition([String(place.source), ...place.after!]);
      return { items: found.map(({ user }) => user), next };
    }
  }
}

interface UserRow {
  readonly part: number;
  readonly id: string;
  readonly organization_id: string;
  readonly roles: string;
  readonly stage: string;
  readonly stage_entered_at: number | null;
  readonly joined_at: number | null;
  readonly email_verified: number;
  readonly attributes: string;
}

const COLUMNS = 'part, id, organization_id, roles, stage, stage_entered_at, joined_at, email_verified, attributes';

/** Those of the candidates who are asked for, by id. */
async function wantedAmong(
  sql: Sql,
  request: UsersRequest,
  candidates: readonly Candidate[],
): Promise<ReadonlyMap<string, FoundUser>> {
  const attributeOf = new Map(candidates.map(({ key, attribute }) => [key[1], attribute]));
  const rows = await rowsByKey<UserRow>(
    sql,
    ['part', 'id'],
    candidates.map(({ key }) => key),
    (condition) => `SELECT ${COLUMNS} FROM users WHERE ${condition} AND ${IS_SOMEBODY}`,
  );
  const fits = rows
    .map((row) => ({ key: [row.part, row.id] as UserKey, user: userOf(row) }))
    .filter(({ user }) => isAsked(user, request, attributeOf.get(user.userId)));
  const keys = fits.map(({ key }) => key);
  const [before, holders] = await Promise.all([
    foundBefore(
      sql,
      request,
      fits.filter(({ user }) => attributeOf.get(user.userId) !== undefined),
      attributeOf,
    ),
    request.unlocked === undefined ? undefined : holdersAmong(sql, request.unlocked, keys),
  ]);
  const wanted = fits.filter(({ user: { userId } }) => !before.has(userId) && holders?.has(userId) !== false);
  return new Map(wanted.map(({ user }) => [user.userId, user]));
}

function userOf(row: UserRow): FoundUser {
  return {
    userId: row.id,
    organizationId: row.organization_id,
    roles: parseJson<readonly string[]>(row.roles),
    stage: row.stage,
    ...(row.stage_entered_at !== null && { stageEnteredAt: row.stage_entered_at }),
    ...(row.joined_at !== null && { joinedAt: row.joined_at }),
    emailVerified: row.email_verified !== 0,
    attributes: parseJson(row.attributes),
  };
}

/** Whether a user is as the request asks, by what is in the user's row: an index may have told a little more, and is cut. */
function isAsked(
  { userId, organizationId, roles, stage, attributes }: FoundUser,
  request: UsersRequest,
  attribute: string | undefined,
): boolean {
  if (request.organizationId !== '' && organizationId !== request.organizationId) return false;
  if (request.role !== '' && !roles.includes(request.role)) return false;
  if (request.stage !== '' && stage !== request.stage) return false;
  if (attribute === undefined) return userId.startsWith(request.text);
  const value = searchedValues(attributes, [attribute]).get(attribute);
  return value?.startsWith(soughtValue(request)) === true;
}

function soughtValue({ text }: UsersRequest): string {
  return foldedText(text).trimStart();
}

/** Those who are in the list already: by their id, or by an attribute that comes earlier. */
async function foundBefore(
  sql: Sql,
  request: UsersRequest,
  users: readonly { readonly key: UserKey; readonly user: FoundUser }[],
  attributeOf: ReadonlyMap<string, string | undefined>,
): Promise<ReadonlySet<string>> {
  const before = new Set(users.map(({ user }) => user.userId).filter((id) => id.startsWith(request.text)));
  const { attributes } = request;
  if (users.length === 0 || attributes.length < 2) return before;
  const sought = soughtValue(request);
  const rows = await rowsByKey<{ user_id: string; attribute: string; value: string }>(
    sql,
    USER_KEY,
    users.map(({ key }) => key),
    (condition) => `SELECT user_id, attribute, value FROM user_search WHERE ${condition}`,
  );
  const byId = new Map(users.map(({ user }) => [user.userId, user]));
  for (const { user_id: userId, attribute, value } of rows) {
    const at = attributes.indexOf(attribute);
    const isEarlier = at >= 0 && at < attributes.indexOf(attributeOf.get(userId) ?? '');
    if (!isEarlier || !value.startsWith(keptForSearch(sought))) continue;
    if (searchedValues(byId.get(userId)!.attributes, [attribute]).get(attribute)?.startsWith(sought))
      before.add(userId);
  }
  return before;
}

/** Those who hold an unlock of a flag, or a grant, that counts. */
async function holdersAmong(
  sql: Sql,
  { flagId, floors }: UnlockedFlag,
  keys: readonly UserKey[],
): Promise<ReadonlySet<string>> {
  const rows = await rowsByKey<{
    user_id: string;
    rule_id: string;
    rule_version: number;
    kind: LedgerFold['kind'];
    earned_at: number;
  }>(
    sql,
    USER_KEY,
    keys,
    (condition) =>
      `SELECT user_id, rule_id, rule_version, kind, earned_at FROM unlocks${sql.dialect.useIndex('PRIMARY')} ` +
      `WHERE flag_id = ? AND ${condition} ORDER BY part, user_id, seq`,
    [flagId],
  );
  const holders = new Set<string>();
  for (const [userId, entries] of Map.groupBy(rows, ({ user_id }) => user_id)) {
    const folds = entries.map((row) => ({
      flagId,
      ruleId: row.rule_id,
      ruleVersion: row.rule_version,
      kind: row.kind,
      earnedAt: row.earned_at,
    }));
    for (const [ruleId, { state, ruleVersion }] of foldLedger(folds).get(flagId) ?? []) {
      const counts = state === 'GRANTED' || (state === 'UNLOCKED' && ruleVersion >= (floors.get(ruleId) ?? 0));
      if (counts) holders.add(userId);
    }
  }
  return holders;
}
