import { useEffect, useReducer } from 'react';
import type { FeatureFlag } from '../../../../src/protocol/gen/admin-json.js';
import {
  type DraftAction,
  type DraftBase,
  type DraftContent,
  draftAfterRead,
  draftOf,
  type FlagDraft,
  rebaseDraft,
  reduceDraft,
  savedDraft,
  unsavedChanges,
} from '../../draft/flag/flag-draft.js';
import { keepDraft, keptDraft } from '../../draft/flag/kept-draft.js';
import type { Side } from '../../draft/flag/merge-flags.js';
import type { ChangedRows } from '../../draft/flag/merge-rows.js';
import { keepDraftText, keptDraftOf } from '../../parts/drafting/draft-store.js';

/** What can become of the page's draft: what is edited, and what the server has by now. */
export type PageAction =
  | DraftAction
  /** The flag as it was saved, with what was sent. */
  | { readonly kind: 'saved'; readonly flag: FeatureFlag; readonly sent: DraftContent }
  /** The flag as it was read anew; taken over where nothing is edited. */
  | { readonly kind: 'read'; readonly flag: FeatureFlag }
  /** Goes on from what another operator has saved. */
  | {
      readonly kind: 'rebase';
      readonly base: DraftBase;
      readonly choices: ReadonlyMap<string, Side>;
      readonly rows: ChangedRows | undefined;
    };

/** The draft of a flag, kept in this tab while it has unsaved changes. */
export function useFlagDraft(flag: FeatureFlag): readonly [FlagDraft, (action: PageAction) => void] {
  const [draft, dispatch] = useReducer(reducePage, flag, (given) => keptFor(given) ?? draftOf(given));
  useEffect(() => dispatch({ kind: 'read', flag }), [flag]);
  // At once, since a page that is closed or read anew does nothing more.
  useEffect(() => keep(draft), [draft]);
  return [draft, dispatch];
}

function reducePage(draft: FlagDraft, action: PageAction): FlagDraft {
  switch (action.kind) {
    case 'saved':
      return savedDraft(draft, action.sent, action.flag);
    case 'rebase':
      return rebaseDraft(draft, action.base, action.choices, action.rows);
    case 'read':
      return draftAfterRead(draft, action.flag);
    default:
      return reduceDraft(draft, action);
  }
}

function keep(draft: FlagDraft): void {
  keepDraftText(draft.base.id, unsavedChanges(draft).length === 0 ? undefined : keepDraft(draft));
}

/** Has what was sent be saved in the draft that is kept, too: its page may have been left, and knows nothing of the answer. */
export function keepSaved(flag: FeatureFlag, sent: DraftContent): void {
  const kept = keptFor(flag);
  if (kept !== undefined) keep(savedDraft(kept, sent, flag));
}

function keptFor({ id }: FeatureFlag): FlagDraft | undefined {
  const kept = keptDraftOf(id, keptDraft);
  return kept?.base.id === id ? kept : undefined;
}
