import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useId, useState } from 'react';
import { ApiError } from '../../../api/api-error.js';
import { isolated } from '../../../parts/isolated.js';
import { rowText } from '../../../parts/ladder/row-text.js';
import { LossesConfirmed, useConfirming } from '../../../parts/preview/losses-confirmed.js';
import { localTime } from '../../../parts/time/instant.js';
import { useOneAtATime } from '../../../parts/use-one-at-a-time.js';
import { Button } from '../../../ui/button.js';
import { Dialog } from '../../../ui/dialog.js';
import { TextField } from '../../../ui/field.js';
import { tell } from '../../../ui/toasts.js';
import { words as flagWords } from '../../../words/flag-words.js';
import { words } from '../../../words/people-words.js';
import { useFlag } from '../queries/person-queries.js';
import { EffectOnOthers } from './effect-on-others.js';
import { EffectOnPerson } from './effect-on-person.js';
import { applyFix, draftOf, flagChange, isAboutOne, rowAfter } from './fix-change.js';
import { switchNames } from './fix-name.js';
import { type Fix, overRow, rowBefore } from './fixes.js';
import { type ChangedRow, RowChanged } from './row-changed.js';
import { useFixEffect } from './use-fix-effect.js';

export interface FixDialogProps {
  readonly id: string;
  readonly flag: string;
  readonly fix: Fix;
  readonly onClose: () => void;
}

/**
 * Asks why, shows what changes in a line, what it does to the person, and to others where it does anything to them; then does it. Not before
 * that is known, or one has said to go on without it; where others would lose the flag, with their number.
 */
export default function FixDialog({ id, flag, fix: offered, onClose }: FixDialogProps) {
  const { fixes } = words.person;
  const [fix, setFix] = useState(offered);
  // The row as somebody else has left it, and as it was before.
  const [changed, setChanged] = useState<ChangedRow>();
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
  const outside = fix.kind === 'raise' && !(rollout >= fix.least && rollout <= 100_000);
  const effect = useFixEffect({ id, flag }, { fix, draft, unfinished: outside });
  const confirming = useConfirming(effect.losses);
  const { mutate, isPending, error } = useOneAtATime({
    mutationFn: () => applyFix({ id, flag }, { fix, rollout, on, reason: reason.trim() }),
    onSuccess: () => {
      tell({ kind: 'done', title: fixes.done, what: diff });
      onClose();
    },
    onError: (failure) => {
      const rows = failure instanceof ApiError ? failure.problem?.current_access : undefined;
      if (rows === undefined) return;
      const [theirs] = rows.present;
      setChanged({ was: rowBefore(fix), theirs });
      setFix(overRow(fix, theirs));
      // What was found out was about what is there no more.
      effect.again?.();
    },
    onSettled: () =>
      Promise.all([['user', id], ['flag', flag], ['flags']].map((queryKey) => queries.invalidateQueries({ queryKey }))),
  });
  const overtaken = error instanceof ApiError && error.kind === 'conflict';
  // A row of somebody else's is shown, and may be put over; a flag of theirs asks for another look at all of it.
  const conflict = overtaken && error.problem?.current_access === undefined;
  const fault = missing ? fixes.needed : conflict ? fixes.conflict : overtaken ? undefined : error?.message;
  const ready =
    confirming.confirmed && !outside && !conflict && !isPending && (change === undefined || on !== undefined);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setMissing(reason.trim() === '');
    if (reason.trim() !== '' && ready) mutate();
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
          <Button kind={danger ? 'danger' : 'primary'} type="submit" form={form} disabled={!ready}>
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
        {changed !== undefined && <RowChanged {...changed} yours={rowAfter(fix, id)} />}
        {!outside && <EffectOnPerson target={{ id, flag }} fix={fix} effect={effect} />}
        {!outside && <EffectOnOthers effect={effect} />}
        <TextField
          label={fixes.why}
          hint={fixes.whyHint}
          value={reason}
          maxLength={1_000}
          autoComplete="off"
          aria-required
          fault={fault}
          onChange={({ target }) => {
            setReason(target.value);
            setMissing(false);
          }}
        />
        {!outside && (
          <LossesConfirmed
            losses={effect.losses}
            confirming={confirming}
            label={flagWords.flag.confirm}
            hint={flagWords.flag.toConfirm}
            does={does}
            onAgain={effect.again}
          />
        )}
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
      const { allow, openWindow, switchOn } = fixes;
      const named = switchNames(fix);
      const parts = [
        fix.kind === 'switchOn' ? switchOn.diff(flag) : '',
        fix.starts_at === undefined ? '' : openWindow.start(flag, localTime(new Date(fix.starts_at))),
        fix.ends_at === undefined ? '' : openWindow.end(flag, localTime(new Date(fix.ends_at))),
      ];
      if (fix.own !== undefined) {
        const diff = [...parts, allow.diff(id, flag)].filter((part) => part !== '').join('; ');
        const { title, does } = named.and;
        return { title: title(id, flag), what: fixes.both(named.what, id), diff, does, danger: false };
      }
      const diff = parts.filter((part) => part !== '').join('; ');
      return { title: named.title(flag), what: named.what, diff, does: named.does, danger: false };
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
