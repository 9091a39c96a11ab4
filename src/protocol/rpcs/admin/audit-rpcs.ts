import type { Call } from '../../../calls/caller.js';
import { shownEntry } from '../../../core/history/shown-entry.js';
import { namesIn } from '../../../core/sentences/uses.js';
import type { AuditFilter, ToldAuditEntry } from '../../../services/history/audit.js';
import type { ServiceSet } from '../../../services/service-set.js';
import type { ActorName } from '../../../services/tokens/actor-names.js';
import type { AuditEntry, ListAuditRequest } from '../../gen/latchkey/v1/audit.js';
import { epochMs, instant } from '../../messages/fields.js';
import { changeMessages, entryWords } from '../../messages/history-messages.js';
import { Paging } from '../../messages/paging.js';
import { generatedStream } from '../generated-stream.js';
import type { AdminRpcs } from './admin-rpcs.js';

type Name = 'listAudit' | 'listOrganizationAudit' | 'getAuditEntry' | 'undoAuditEntry' | 'exportAudit';

/** Reading the audit, and undoing what it says. */
export function auditRpcs({
  audit,
  undo,
  keeper,
  actorNames,
}: Pick<ServiceSet, 'audit' | 'undo' | 'keeper' | 'actorNames'>): AdminRpcs<Name> {
  /** How entries are told to a caller. */
  const telling = async (call: Call) => {
    const actorName = await actorNames.confirmed(call);
    return (entry: ToldAuditEntry) => entryMessage(entry, actorName);
  };
  return {
    listAudit: {
      async handle(request, call) {
        const paging = new Paging('ListAudit', request);
        const { target, q } = request;
        const narrowed = { ...(target !== '' && { target }), ...(q !== '' && { text: q }) };
        const { items, next } = await audit.list(call, paging.page, { ...filterOf(request), ...narrowed });
        return { entries: items.map(await telling(call)), nextPageToken: paging.tokenOf(next) };
      },
    },
    listOrganizationAudit: {
      async handle(request, call) {
        const paging = new Paging('ListOrganizationAudit', request);
        const { items, next } = await audit.listOwn(call, paging.page, request.organizationId, rangeOf(request));
        return { entries: items.map(await telling(call)), nextPageToken: paging.tokenOf(next) };
      },
    },
    getAuditEntry: {
      async handle({ id }, call) {
        const entry = await audit.get(call, id);
        const notUndoable = await undo.refusal(call, id);
        const { before, after } = shownEntry(entry);
        const message = await telling(call);
        return {
          entry: message(entry),
          changes: changeMessages(before, after),
          words: entryWords(entry, namesIn(keeper.snapshot)),
          undoable: notUndoable === undefined,
          notUndoable: notUndoable ?? '',
        };
      },
    },
    undoAuditEntry: {
      async handle(request, call) {
        const { newVersion, warnings, backfillIds, consistencyToken } = await undo.undo(call, request);
        return { newVersion, warnings: [...warnings], backfillIds: [...backfillIds], consistencyToken };
      },
    },
    exportAudit: generatedStream(async function* (request, call) {
      const { afterId } = request;
      const entries = audit.export(call, { ...filterOf(request), ...(afterId !== '' && { afterId }) });
      const message = await telling(call);
      for await (const entry of entries) yield { entry: message(entry) };
    }),
  };
}

type Filtering = Pick<ListAuditRequest, 'actor' | 'kind' | 'subject' | 'organizationId' | 'from' | 'to'>;

function filterOf(request: Filtering): AuditFilter {
  const { actor, kind, subject, organizationId } = request;
  return {
    ...rangeOf(request),
    ...(actor !== '' && { actor }),
    ...((kind !== '' || subject !== '') && { subject: { kind, id: subject } }),
    ...(organizationId !== '' && { organizationId }),
  };
}

function rangeOf({ from, to }: Pick<Filtering, 'from' | 'to'>): Pick<AuditFilter, 'from' | 'to'> {
  const [first, end] = [epochMs(from), epochMs(to)];
  return { ...(first !== undefined && { from: first }), ...(end !== undefined && { to: end }) };
}

export function entryMessage(
  { id, at, actorOrganization, ...entry }: ToldAuditEntry,
  actorName: ActorName,
): AuditEntry {
  return { ...entry, id: String(id), at: instant(at), actorName: actorName(entry.actor) };
}
