import type { Notice, RevisionOf } from '../notifier.js';

/** The longest message, below 64 KiB with its frame, since Redis copies it into the buffer of each subscriber. */
const LIST_LIMIT_BYTES = 60_000;

/** A message that was read: its notice, and its sender where it names one. */
export interface NoticeMessage {
  readonly from: string | undefined;
  readonly notice: Notice;
}

/** Writes a notice as JSON messages: one, or several for a list that would be too long for one. */
export function encodeNotice(from: string, notice: Notice): string[] {
  switch (notice.kind) {
    case 'users':
      return split(notice.users).map((users) => JSON.stringify({ from, kind: 'users', users }));
    case 'organizations':
      return split(notice.organizations).map((organizations) =>
        JSON.stringify({ from, kind: 'organizations', organizations }),
      );
    case 'configuration':
      return [JSON.stringify({ from, kind: 'configuration', revision: notice.revision })];
    case 'tokens':
      return [JSON.stringify({ from, kind: 'tokens' })];
  }
}

/** Reads a message; undefined for anything that is no notice. */
export function decodeNotice(message: string): NoticeMessage | undefined {
  const value = parse(message);
  if (typeof value !== 'object' || value === null || !('kind' in value)) {
    return undefined;
  }
  const notice = noticeOf({ revision: undefined, users: undefined, organizations: undefined, ...value });
  const from = 'from' in value && typeof value.from === 'string' ? value.from : undefined;
  return notice === undefined ? undefined : { from, notice };
}

interface Fields {
  readonly kind: unknown;
  readonly revision: unknown;
  readonly users: unknown;
  readonly organizations: unknown;
}

function noticeOf({ kind, revision, users, organizations }: Fields): Notice | undefined {
  switch (kind) {
    case 'configuration':
      return isRevision(revision) ? { kind, revision } : undefined;
    case 'users':
      return isRevisionList(users) ? { kind, users: users.map(plain) } : undefined;
    case 'organizations':
      return isRevisionList(organizations) ? { kind, organizations: organizations.map(plain) } : undefined;
    case 'tokens':
      return { kind };
    default:
      return undefined;
  }
}

function split(entries: readonly RevisionOf[]): RevisionOf[][] {
  const lists: RevisionOf[][] = [];
  let list: RevisionOf[] = [];
  let listBytes = 0;
  for (const entry of entries.map(plain)) {
    const bytes = Buffer.byteLength(JSON.stringify(entry)) + 1;
    if (list.length > 0 && listBytes + bytes > LIST_LIMIT_BYTES) {
      lists.push(list);
      list = [];
      listBytes = 0;
    }
    list.push(entry);
    listBytes += bytes;
  }
  return list.length > 0 ? [...lists, list] : lists;
}

/** The two members alone: a message carries no others, and none are taken from one. */
function plain({ id, revision }: RevisionOf): RevisionOf {
  return { id, revision };
}

function isRevisionList(value: unknown): value is readonly RevisionOf[] {
  return Array.isArray(value) && value.every(isRevisionOf);
}

function isRevisionOf(value: unknown): value is RevisionOf {
  return (
    typeof value === 'object' &&
    value !== null &&
    'id' in value &&
    typeof value.id === 'string' &&
    'revision' in value &&
    isRevision(value.revision)
  );
}

function isRevision(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function parse(message: string): unknown {
  try {
    return JSON.parse(message);
  } catch {
    return undefined;
  }
}
