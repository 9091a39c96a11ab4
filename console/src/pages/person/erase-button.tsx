import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { type FormEvent, useId, useState } from 'react';
import { call } from '../../api/api.js';
import { isolated } from '../../parts/isolated.js';
import { Working } from '../../parts/loading/working.js';
import { useOneAtATime } from '../../parts/use-one-at-a-time.js';
import { Button } from '../../ui/button.js';
import { Dialog } from '../../ui/dialog.js';
import { TextField } from '../../ui/field.js';
import { RemoveIcon } from '../../ui/icons.js';
import { tell } from '../../ui/toasts.js';
import { words } from '../../words/people-words.js';
import { forget } from '../people/kept-people.js';

/** Erases a person, once their id was typed and a reason was given. */
export function EraseButton({ id }: { readonly id: string }) {
  const [open, setOpen] = useState(false);
  return (
    <div>
      <Button icon={<RemoveIcon aria-hidden />} className="erase" onClick={() => setOpen(true)}>
        {words.person.erase.open}
      </Button>
      {open && <EraseDialog id={id} onClose={() => setOpen(false)} />}
    </div>
  );
}

function EraseDialog({ id, onClose }: { readonly id: string; readonly onClose: () => void }) {
  const { erase, fixes } = words.person;
  const [typed, setTyped] = useState('');
  const [reason, setReason] = useState('');
  const [tried, setTried] = useState(false);
  const form = useId();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const { mutate, isPending, error } = useOneAtATime({
    mutationFn: () =>
      call('DELETE /api/admin/users/{user_id}', { path: { user_id: id }, query: { comment: reason.trim() } }),
    onSuccess: async ({ deleted }) => {
      tell({ kind: 'done', title: deleted ? erase.done(id) : erase.nothing(id) });
      forget(id);
      await navigate({ to: '/people', search: {} });
      queries.removeQueries({ queryKey: ['user', id] });
      await queries.invalidateQueries({ queryKey: ['users'] });
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (typed === id && reason.trim() !== '') mutate();
  };
  return (
    <Dialog
      open
      mode="alert"
      onClose={onClose}
      title={erase.title(isolated(id))}
      what={erase.what}
      actions={
        <>
          <Button onClick={onClose}>{words.dialog.cancel}</Button>
          <Button kind="danger" type="submit" form={form} disabled={isPending || typed !== id}>
            {erase.does}
          </Button>
        </>
      }
    >
      <form id={form} className="switch-form" onSubmit={submit}>
        <TextField
          label={erase.type(isolated(id))}
          value={typed}
          autoComplete="off"
          spellCheck={false}
          fault={tried && typed !== id ? erase.mismatch : undefined}
          onChange={({ target }) => setTyped(target.value)}
        />
        <TextField
          label={erase.why}
          hint={fixes.whyHint}
          value={reason}
          maxLength={1_000}
          autoComplete="off"
          fault={tried && reason.trim() === '' ? fixes.needed : error?.message}
          onChange={({ target }) => setReason(target.value)}
        />
        {isPending && <Working label={erase.title(isolated(id))} />}
      </form>
    </Dialog>
  );
}
