import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import type { AccessRow, AuditEntry, FeatureFlag } from '../../../../src/protocol/gen/admin-json.js';
import { call } from '../../api/api.js';
import { mayMove } from '../../draft/flag/changes.js';
import { contentOf } from '../../draft/flag/flag-content.js';
import { draftOf, type FlagDraft, reduceDraft, unsavedChanges } from '../../draft/flag/flag-draft.js';
import { rowKey } from '../../draft/flag/merge-rows.js';
import { draftInput } from '../../draft/flag/save-request.js';
import { useMay } from '../../parts/page/session-context.js';
import type { Losses } from '../../parts/preview/losses-confirmed.js';
import { type Preview, previewOf, usePreview } from '../../parts/preview/preview-stream.js';
import { versionsOfFlag } from '../../parts/versions/version-source.js';

/** What undoing an entry makes of a flag. */
export interface UndoneFlag {
  readonly flag: FeatureFlag;
  readonly draft: FlagDraft;
}

/** What undoing an entry comes to, and for whom. */
export interface Undoing {
  /** Undefined where it is not about a flag, and until it is known. */
  readonly undone: UndoneFlag | undefined;
  readonly losses: Losses;
  readonly preview: Preview | undefined;
  /** Whether others have changed something since that began: it begins anew once it has ended. */
  readonly outdated: boolean;
  /** Undefined for whoever may not ask how many lose it. */
  readonly again: (() => void) | undefined;
  readonly stop: () => void;
}

/** Finds out what undoing an entry comes to. Of what is no flag's nobody can tell, and nothing is asked. */
export function useUndoing(entry: AuditEntry): Undoing {
  const isFlags = entry.action === 'flag.set' || entry.action === 'access.set';
  const [mayRead, mayCompare, mayPreview] = [useMay('GetFlag'), useMay('GetVersion'), useMay('PreviewRule')];
  const asks = isFlags && mayRead && mayCompare;
  const { data, error, refetch } = useQuery({
    queryKey: ['flag', entry.target, 'undone', entry.id],
    queryFn: ({ signal }) => undoneBy(entry, signal),
    enabled: asks,
  });
  const [stopped, setStopped] = useState(false);
  const { preview, outdated, start, stop } = usePreview(entry.target, { renewed: true });
  const moves = data && unsavedChanges(data.draft).some(mayMove);
  const input = moves === true && mayPreview ? previewOf(draftInput(data!.draft), 'KEEP') : '';
  useEffect(() => {
    if (input !== '') void start(input);
  }, [start, input]);
  const again = () => {
    setStopped(false);
    if (data === undefined) void refetch();
    else void start(input);
  };
  const losses = (): Losses => {
    // Where nothing that decides the flag changes, nobody loses it.
    if (!isFlags || moves === false) return 0;
    if (!asks || error !== null || stopped) return 'unknown';
    if (moves === undefined) return 'asking';
    return mayPreview ? lostBy(preview?.of === input && !outdated ? preview : undefined) : 'unknown';
  };
  return {
    undone: data,
    losses: losses(),
    preview: preview?.of === input ? preview : undefined,
    outdated,
    again: asks && mayPreview ? again : undefined,
    stop: () => {
      stop();
      setStopped(true);
    },
  };
}

/** How many would lose the flag, as far as its preview has come. */
function lostBy({ result, error }: Partial<Preview> = {}): Losses {
  if (result !== undefined) return Number(result.counts?.would_lose ?? 0);
  return error === undefined ? 'asking' : 'unknown';
}

/** The flag as it is, with a draft of what it becomes: the version before the entry, and the rows that were there. */
async function undoneBy({ target, before, after }: AuditEntry, signal: AbortSignal): Promise<UndoneFlag> {
  const { flag } = await call('GET /api/admin/flags/{flag}', { path: { flag: target }, signal });
  const [had, left] = [before as Logged | null | undefined, after as Logged | null | undefined];
  const earlier = had?.flag === undefined ? undefined : await versionsOfFlag(target).one(had.flag.version, signal);
  let draft = draftOf(flag!);
  if (earlier?.flag !== undefined)
    draft = reduceDraft(draft, { kind: 'replace', flag: contentOf(earlier.flag, draft.now.flag), why: '' });
  const [former, put] = [(had?.access ?? []).map(rowOf), (left?.put ?? []).map(rowOf)];
  const restored = new Set(former.map(rowKey));
  draft = reduceDraft(draft, { kind: 'put-rows', rows: former, stored: put });
  draft = reduceDraft(draft, {
    kind: 'drop-rows',
    rows: put.filter((row) => !restored.has(rowKey(row))),
    stored: put,
  });
  return { flag: flag!, draft };
}

/** What an entry holds of a flag before it, and after. */
interface Logged {
  readonly flag?: { readonly version: number };
  readonly access?: readonly LoggedRow[];
  readonly put?: readonly LoggedRow[];
}

interface LoggedRow {
  readonly userId: string;
  readonly role: string;
  readonly organizationId: string;
  readonly managedBy: string;
  readonly effect: 'ALLOW' | 'DENY';
  readonly enabled: boolean;
}

function rowOf({ userId, role, organizationId, managedBy, effect, enabled }: LoggedRow): AccessRow {
  return { user_id: userId, role, organization_id: organizationId, managed_by: managedBy, effect, enabled };
}
