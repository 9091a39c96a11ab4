import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { AuditEntry } from '../../../../src/protocol/gen/admin-json.js';
import { call } from '../../api/api.js';
import { ApiError } from '../../api/api-error.js';
import { toldTo } from '../../parts/ledger/entry-text.js';
import { useSession } from '../../parts/page/session-context.js';
import { EffectsPanel } from '../../parts/preview/effects-panel.js';
import { LossesConfirmed, useConfirming } from '../../parts/preview/losses-confirmed.js';
import { PreviewPanel } from '../../parts/preview/preview-panel.js';
import { Consequences } from '../../parts/preview/role-consequences.js';
import { Button } from '../../ui/button.js';
import { Dialog } from '../../ui/dialog.js';
import { TextField } from '../../ui/field.js';
import { tell } from '../../ui/toasts.js';
import { words as flagWords } from '../../words/flag-words.js';
import { words } from '../../words/history-words.js';
import { words as segmentWords } from '../../words/segments-words.js';
import { FlagChanges } from '../flag/review/flag-changes.js';
import { isUncounted } from './uncounted.js';
import { useUndoing } from './undone-flag.js';
import { changesRolesAlone, useUndoingRoles } from './undone-roles.js';
import { useUndoingSegment } from './undone-segment.js';
import '../../parts/drafting/review.css';
import { useOneAtATime } from '../../parts/use-one-at-a-time.js';

/** Asks why an entry is undone, and undoes it; of a flag's, and of a segment's, it says what that changes and for whom. What has changed since, the server says. */
export function UndoDialog({ entry, onClose }: { readonly entry: AuditEntry; readonly onClose: () => void }) {
  const { history } = words;
  const session = useSession();
  const [why, setWhy] = useState('');
  const queries = useQueryClient();
  const { undone, preview, ...flag } = useUndoing(entry);
  const { effects, ...segment } = useUndoingSegment(entry);
  const ofSegment = segment.losses !== 0 || effects !== undefined;
  const ofRoles = useUndoingRoles(entry);
  const { losses: counted, again, stop } = ofSegment ? segment : flag;
  // Whom a change of roles takes something from is told by its own preview.
  const losses = isUncounted(entry) && (ofRoles === undefined || !changesRolesAlone(entry)) ? 'uncounted' : counted;
  const confirming = useConfirming(losses);
  const ready = confirming.confirmed && ofRoles?.pending !== true && why.trim() !== '';
  const { mutate, isPending, error } = useOneAtATime({
    mutationFn: () =>
      call('POST /api/admin/audit/{id}/undo', { path: { id: entry.id }, body: { comment: why.trim() } }),
    onSuccess: ({ new_version, warnings }) => {
      tell({
        kind: 'done',
        title: new_version === 0 ? history.undone : history.undoneVersion(new_version),
        ...(warnings.length === 0 ? {} : { what: warnings.map(({ message }) => message).join(' ') }),
      });
      onClose();
    },
    // It may be about anything that a page shows.
    onSettled: () => queries.invalidateQueries(),
  });
  const changedSince = error instanceof ApiError && (error.kind === 'conflict' || error.kind === 'blocked');
  return (
    <Dialog
      open
      mode="alert"
      wide={undone !== undefined || ofSegment || ofRoles !== undefined}
      title={history.undoing}
      onClose={onClose}
      what={
        <>
          <p className="history-undone">
            <bdi>{toldTo(session, entry)}</bdi>
          </p>
          <p>{history.undoWhat}</p>
        </>
      }
      actions={
        <>
          <Button onClick={onClose}>{words.dialog.cancel}</Button>
          <Button kind="danger" type="submit" form="undo-entry" disabled={isPending || changedSince || !ready}>
            {history.doUndo}
          </Button>
        </>
      }
    >
      <form
        id="undo-entry"
        className="review"
        onSubmit={(event) => {
          event.preventDefault();
          if (ready && !changedSince) mutate();
        }}
      >
        {undone !== undefined && (
          <ul className="review-changes" aria-label={history.undoChanges}>
            <FlagChanges
              draft={undone.draft}
              sentences={new Map(undone.flag.rules.map(({ id, sentence }) => [id, sentence]))}
            />
          </ul>
        )}
        {preview !== undefined && (
          <PreviewPanel preview={preview} outdated={flag.outdated} onAgain={again} onStop={stop} />
        )}
        {effects !== undefined && (
          <EffectsPanel effects={effects} outdated={segment.outdated} onAgain={again} onStop={stop} />
        )}
        {ofRoles !== undefined && <Consequences preview={ofRoles} />}
        <TextField
          label={history.why}
          value={why}
          required
          maxLength={900}
          autoComplete="off"
          fault={error === null ? undefined : error.message}
          onChange={({ target }) => setWhy(target.value)}
        />
        <LossesConfirmed
          losses={losses}
          confirming={confirming}
          label={ofSegment ? segmentWords.segments.review.confirm : flagWords.flag.confirm}
          hint={ofSegment ? segmentWords.segments.review.toConfirm : flagWords.flag.toConfirm}
          does={history.doUndo}
          onAgain={losses === 'uncounted' ? undefined : again}
        />
      </form>
    </Dialog>
  );
}
