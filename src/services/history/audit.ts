import { type Call, confinedTo } from '../../calls/caller.js';
import { requireName } from '../../calls/check-input.js';
import { invalidAt, notFound, unavailable } from '../../calls/errors.js';
import { authorize, mayCall } from '../../calls/permissions.js';
import { subjectKindOf } from '../../calls/writes/record-audit.js';
import { entrySentence } from '../../core/history/entry-sentence.js';
import { isJsonObject, type JsonObject, type JsonValue, quote } from '../../core/values/json.js';
import { DAY_MS } from '../../core/values/time/time.js';
import type { AuditEntry, AuditFilter } from '../../store/audit-store.js';
import type { Page, PageRequest } from '../../store/page.js';
import type { Store } from '../../store/store.js';
import { historyOf, requireOwnHistory, toldTo } from './history-reach.js';

export type { AuditFilter };

/** An entry as a caller may be told of it, with its sentence. */
export interface ToldAuditEntry extends AuditEntry {
  readonly sentence: string;
}

/** The longest range in which a text is looked for. */
const MAX_SEARCHED_DAYS = 92;
/** How many entries are held at once while the audit is exported. */
const EXPORTED_AT_ONCE = 200;

/** Who changed what, and when. `src/calls/writes/record-audit.ts` writes it, in the transaction of each change. */
export class AuditService {
  readonly #store: Pick<Store, 'audit' | 'now'>;

  constructor(store: Pick<Store, 'audit' | 'now'>) {
    this.#store = store;
  }

  /** Newest first. A text is looked for in a range of at most 92 days. */
  async list(call: Call, page: PageRequest, filter: AuditFilter): Promise<Page<ToldAuditEntry>> {
    authorize(call, 'ListAudit');
    checkRange(filter);
    if (filter.text !== undefined) checkSearched(filter, await this.#store.now());
    return told(WHOLE, await this.#store.audit.list(page, filter));
  }

  /** What an organization may read of itself: changes of its roles, and of rows that it manages. */
  async listOwn(call: Call, page: PageRequest, organizationId: string, filter: Pick<AuditFilter, 'from' | 'to'>) {
    const confined = historyOf(call, 'ListOrganizationAudit');
    requireName('organizationId', organizationId, '/organization_id');
    requireOwnHistory(confined, organizationId);
    checkRange(filter);
    const entries = await this.#store.audit.list(page, { ...filter, reach: organizationId });
    return told(readerOf(call, confined), entries);
  }

  /** Rejects with NOT_FOUND where there is none, or it is not for the caller. */
  async get(call: Call, id: string): Promise<ToldAuditEntry> {
    const { entry, confined } = await this.find(call, id, 'GetAuditEntry');
    return toldEntry(readerOf(call, confined), entry);
  }

  /** An entry that the caller may read, as it is stored, and the organization that the caller is confined to. */
  async find(call: Call, id: string, operation: 'GetAuditEntry' | 'UndoAuditEntry') {
    const confined = historyOf(call, operation);
    const entry = /^[1-9]\d{0,15}$/.test(id)
      ? await this.#store.audit.get(Number(id), confined === '' ? undefined : confined)
      : undefined;
    const readable = entry !== undefined && (readsAll(call) || confined !== '' || isConfiguration(entry));
    if (!readable) throw notFound(`no entry ${quote(id)} of the audit`);
    return { entry, confined };
  }

  /**
   * How a caller is told of entries while they are made: undefined for one that is not theirs. Of what is told to somebody who is confined
   * to an organization, only its own history is to be passed.
   */
  tellerFor(call: Call): (entry: AuditEntry) => ToldAuditEntry | undefined {
    const confined = historyOf(call, 'WatchAdmin');
    const reader = readerOf(call, confined);
    const isOf = (entry: AuditEntry): boolean => confined !== '' || reader.readsAll || isConfiguration(entry);
    return (entry) => (isOf(entry) ? toldEntry(reader, entry) : undefined);
  }

  /** The oldest first, up to the newest that there is. Ends with UNAVAILABLE where the caller goes. */
  async *export(call: Call, filter: AuditFilter & { readonly afterId?: string }): AsyncGenerator<ToldAuditEntry> {
    authorize(call, 'ExportAudit');
    checkRange(filter);
    const { afterId, ...wanted } = filter;
    if (afterId !== undefined && !/^\d{1,16}$/.test(afterId)) {
      throw invalidAt(
        '/after_id',
        `after_id ${quote(afterId)} is no id of an entry; pass the id of the last one as it was given`,
      );
    }
    for (let after = afterId; ; ) {
      const page = await this.#store.audit.list(
        { limit: EXPORTED_AT_ONCE, order: 'oldest', ...(after && { after }) },
        wanted,
      );
      for (const entry of page.items) yield toldEntry(WHOLE, entry);
      if (page.next === undefined) return;
      if (call.signal?.aborted) throw unavailable('the call was cancelled');
      after = page.next;
    }
  }
}

/** What `manage` may change, and so may read the history of. */
const CONFIGURATION: ReadonlySet<string> = new Set(['flag', 'segment', 'stages', 'action', 'organization']);

function isConfiguration({ action }: AuditEntry): boolean {
  return CONFIGURATION.has(subjectKindOf(action));
}

/** Whether the caller may read the whole audit. */
function readsAll(call: Call): boolean {
  return confinedTo(call.caller) === '' && mayCall(call, 'ListAudit');
}

/** How much of an entry somebody is told. */
interface Reader {
  /** The organization whose own history they read; '' for the platform, which is told who acted, and why. */
  readonly confined: string;
  readonly readsAll: boolean;
}

const WHOLE: Reader = { confined: '', readsAll: true };

function readerOf(call: Call, confined: string): Reader {
  return { confined, readsAll: readsAll(call) };
}

function told(reader: Reader, { items, ...page }: Page<AuditEntry>): Page<ToldAuditEntry> {
  return { ...page, items: items.map((entry) => toldEntry(reader, entry)) };
}

function toldEntry({ confined, readsAll }: Reader, entry: AuditEntry): ToldAuditEntry {
  const own = readsAll ? entry : ownPart(toldTo(confined, entry));
  return { ...own, sentence: entrySentence(own) };
}

/** Of a change of an organization those are told what became of the roles who may not read the whole audit, as `manage` reads no attributes. */
function ownPart(entry: AuditEntry): AuditEntry {
  if (subjectKindOf(entry.action) !== 'organization') return entry;
  return { ...entry, before: rolesIn(entry.before), after: rolesIn(entry.after) };
}

function rolesIn(state: JsonValue): JsonValue {
  if (!isJsonObject(state)) return state;
  // Rows that moved with a role may be the platform's.
  const { attributes, timeZone, movedRows, ...roles } = state as JsonObject & Readonly<Record<NotTold, JsonValue>>;
  return roles as JsonObject;
}

type NotTold = 'attributes' | 'timeZone' | 'movedRows';

function checkRange({ from, to, subject }: AuditFilter): void {
  if (from !== undefined && to !== undefined && to <= from) {
    throw invalidAt('/to', `to ${new Date(to).toISOString()} is not after from ${new Date(from).toISOString()}`);
  }
  if (subject !== undefined && (subject.kind === '') !== (subject.id === '')) {
    throw invalidAt(subject.kind === '' ? '/kind' : '/subject', 'kind and subject name a thing together; give both');
  }
}

function checkSearched({ from, to }: AuditFilter, now: number): void {
  if (from === undefined) {
    throw invalidAt(
      '/from',
      `a text is looked for in a range of time; give from, at most ${MAX_SEARCHED_DAYS} days ago`,
    );
  }
  const days = ((to ?? now) - from) / DAY_MS;
  if (days > MAX_SEARCHED_DAYS) {
    throw invalidAt(
      '/from',
      `a text is looked for in at most ${MAX_SEARCHED_DAYS} days, not ${Math.ceil(days)}; narrow from and to`,
    );
  }
}
