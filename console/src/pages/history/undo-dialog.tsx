import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { AuditEntry } from '../../../../src/protocol/gen/admin-json.js';
import { call } from '../../api/api.js';
import { ApiError } from '../../api/api-error.js';
import { Button } from '../../ui/button.js';
import { Dialog } from '../../ui/dialog.js';
import { TextField } from '../../ui/field.js';
import { tell } from '../../ui/toasts.js';
import { words } from '../../words/history-words.js';

/** Asks why an entry is undone, and undoes it. What has changed since, the server says. */
export function UndoDialog({ entry, onClose }: { readonly entry: AuditEntry; readonly onClose: () => void }) {
  const { history } = words;
  const [why, setWhy] = useState('');
  const queries = useQueryClient();
  const { mutate, isPending, error } = useMutation({
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
  const changedSince = error instanceof ApiError && error.kind === 'conflict';
  return (
    <Dialog
      open
      mode="alert"
      title={history.undoing}
      onClose={onClose}
      what={
        <>
          <p className="history-undone">
            <bdi>{entry.sentence}</bdi>
          </p>
          <p>{history.undoWhat}</p>
        </>
      }
      actions={
        <>
          <Button onClick={onClose}>{words.dialog.cancel}</Button>
          <Button
            kind="danger"
            type="submit"
            form="undo-entry"
            disabled={isPending || changedSince || why.trim() === ''}
          >
            {history.doUndo}
          </Button>
        </>
      }
    >
      <form
        id="undo-entry"
        onSubmit={(event) => {
          event.preventDefault();
          if (why.trim() !== '') mutate();
        }}
      >
        <TextField
          label={history.why}
          value={why}
          required
          maxLength={900}
          autoComplete="off"
          fault={error === null ? undefined : error.message}
          onChange={({ target }) => setWhy(target.value)}
        />
      </form>
    </Dialog>
  );
}
