import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useId, useState } from 'react';
import { ApiError } from '../../../api/api-error.js';
import { isolated } from '../../../parts/isolated.js';
import { rowText } from '../../../parts/ladder/row-text.js';
import { localTime } from '../../../parts/time/instant.js';
import { Button } from '../../../ui/button.js';
import { Dialog } from '../../../ui/dialog.js';
import { TextField } from '../../../ui/field.js';
import { tell } from '../../../ui/toasts.js';
import { words } from '../../../words/people-words.js';
import { useFlag } from '../queries/person-queries.js';
import { EffectOnOthers } from './effect-on-others.js';
import { EffectOnPerson } from './effect-on-person.js';
import { applyFix, draftOf, flagChange, isAboutOne } from './fix-change.js';
import { switchNames } from './fix-name.js';
import type { Fix } from './fixes.js';

export interface FixDialogProps {
  readonly id: string;
  readonly flag: string;
  readonly fix: Fix;
  readonly onClose: () => void;
}

/** Asks why, shows what changes in a line, what it does to the person, and to others where it does anything to them; then does it. */
export default function FixDialog({ id, flag, fix, onClose }: FixDialogProps) {
  const { fixes } = words.person;
  const [reason, setReason] = useState('');
  const [missing, setMissing] = useState(false);
  const [rollout, setRollout] = useState(fix.kind === 'raise' ? Math.ceil(fix.least / 1_000) * 1_000 : 0);
  const queries = useQueryClient();
  const form = useId();
  const change = flagChange(fix, rollout);
  const draft = draftOf(fix, { id, flag }, rollout);
  const alone = isAboutOne(fix);
  const present = useFlag(flag, change !== undefined).data?.flag;
  // As it was when the dialog showed it: what somebody else saves meanwhile is a conflict.
  const [first, setFirst] = useState(present);
  if (first === undefined && present !== undefined) setFirst(present);
  const on = first ?? present;
  const { title, what, diff, does, danger } = describe(fix, { id: isolated(id), flag, rollout });
  const { mutate, isPending, error } = useMutation({
    mutationFn: () => applyFix({ id, flag }, { fix, rollout, on, reason: reason.trim() }),
    onSuccess: () => {
      tell({ kind: 'done', title: fixes.done, what: diff });
      onClose();
    },
    onSettled: () =>
      Promise.all([['user', id], ['flag', flag], ['flags']].map((queryKey) => queries.invalidateQueries({ queryKey }))),
  });
  const conflict = error instanceof ApiError && error.kind === 'conflict';
  const outside = fix.kind === 'raise' && !(rollout >= fix.least && rollout <= 100_000);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setMissing(reason.trim() === '');
    if (reason.trim() !== '' && !outside) mutate();
  };
  return (
    <Dialog
      open
      mode="alert"
      wide={!alone}
      onClose={onClose}
      title={title}
      what={what}
      actions={
        <>
          <Button onClick={onClose}>{words.dialog.cancel}</Button>
          <Button
            kind={danger ? 'danger' : 'primary'}
            type="submit"
            form={form}
            disabled={isPending || conflict || outside || (change !== undefined && on === undefined)}
          >
            {does}
          </Button>
        </>
      }
    >
      <form id={form} className="switch-form" onSubmit={submit}>
        {fix.kind === 'raise' && (
          <TextField
            label={fixes.raise.percent}
            type="number"
            inputMode="decimal"
            step="any"
            min={fix.least / 1_000}
            max={100}
            value={Number.isNaN(rollout) ? '' : rollout / 1_000}
            fault={outside ? fixes.raise.range(words.ladder.percent(fix.least)) : undefined}
            onChange={({ target }) => setRollout(Math.round(target.valueAsNumber * 1_000))}
          />
        )}
        <div className="fix-diff">
          <span>{fixes.change}</span>
          <code>{diff}</code>
        </div>
        {!outside && <EffectOnPerson target={{ id, flag }} fix={fix} draft={draft} />}
        {!alone && draft !== undefined && !outside && (
          <EffectOnOthers key={JSON.stringify(draft)} flag={flag} draft={draft} />
        )}
        <TextField
          label={fixes.why}
          hint={fixes.whyHint}
          value={reason}
          maxLength={1_000}
          autoComplete="off"
          aria-required
          fault={missing ? fixes.needed : error === null ? undefined : conflict ? fixes.conflict : error.message}
          onChange={({ target }) => {
            setReason(target.value);
            setMissing(false);
          }}
        />
      </form>
    </Dialog>
  );
}

interface Described {
  readonly title: string;
  readonly what: string;
  /** What changes, in a line. */
  readonly diff: string;
  readonly does: string;
  readonly danger: boolean;
}

function describe(fix: Fix, { id, flag, rollout }: { id: string; flag: string; rollout: number }): Described {
  const { fixes } = words.person;
  switch (fix.kind) {
    case 'allow':
    case 'deny':
    case 'grant':
    case 'revoke':
    case 'rearm': {
      const said = fixes[fix.kind];
      const danger = fix.kind === 'deny' || fix.kind === 'revoke';
      return { title: said.title(id, flag), what: said.what, diff: said.diff(id, flag), does: said.does, danger };
    }
    case 'remove': {
      const { remove } = fixes;
      const text = `${fix.row.effect === 'DENY' ? words.ladder.row.deny : words.ladder.row.allow} ${rowText(fix.row)}`;
      const what = fix.row.user_id === '' ? remove.whatOthers(rowText(fix.row)) : remove.whatOwn;
      return { title: remove.title, what, diff: remove.diff(flag, text), does: remove.does, danger: true };
    }
    case 'switchOn':
    case 'openWindow': {
      const { openWindow, switchOn } = fixes;
      const { title, what, does } = switchNames(fix);
      const parts = [
        fix.kind === 'switchOn' ? switchOn.diff(flag) : '',
        fix.starts_at === undefined ? '' : openWindow.start(flag, localTime(new Date(fix.starts_at))),
        fix.ends_at === undefined ? '' : openWindow.end(flag, localTime(new Date(fix.ends_at))),
      ];
      const diff = parts.filter((part) => part !== '').join('; ');
      return { title: title(flag), what, diff, does, danger: false };
    }
    case 'raise': {
      const { raise } = fixes;
      const { percent } = words.ladder;
      const diff = raise.diff(flag, fix.ruleName, percent(fix.rollout), percent(rollout));
      return {
        title: raise.title(fix.ruleName),
        what: raise.what(percent(fix.least)),
        diff,
        does: raise.does,
        danger: false,
      };
    }
  }
}
