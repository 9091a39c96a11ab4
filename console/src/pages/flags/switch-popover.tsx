import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { call } from '../../api/api.js';
import { ApiError } from '../../api/api-error.js';
import { FlagStateMark } from '../../parts/flag-state.js';
import { withLocalInstants } from '../../parts/time/instant.js';
import { useOneAtATime } from '../../parts/use-one-at-a-time.js';
import { Button } from '../../ui/button.js';
import { TextField } from '../../ui/field.js';
import { Popover } from '../../ui/popover.js';
import { tell } from '../../ui/toasts.js';
import { words } from '../../words/flags-words.js';
import { tagOfFlag } from './bulk-change.js';
import type { ListedFlag } from './flag-list.js';

export interface SwitchPopoverProps {
  readonly listed: ListedFlag;
  readonly anchor: HTMLElement;
  readonly onClose: () => void;
}

/** Asks before a flag is switched off or on from the list, and says for whom. */
export default function SwitchPopover({ listed, anchor, onClose }: SwitchPopoverProps) {
  const { flag, state } = listed;
  const off = flag.active === true;
  const [why, setWhy] = useState('');
  const queries = useQueryClient();
  const { mutate, isPending, error } = useOneAtATime({
    mutationFn: () =>
      call('PATCH /api/admin/flags/{flag}', {
        path: { flag: flag.key },
        query: { comment: why.trim() },
        body: { active: !off },
        ifMatch: tagOfFlag(flag),
      }),
    onSuccess: () => {
      tell({ kind: 'done', title: off ? words.flags.switchedOff(flag.key) : words.flags.switchedOn(flag.key) });
      onClose();
    },
    // What was changed meanwhile shows, too.
    onSettled: () => queries.invalidateQueries({ queryKey: ['flags'] }),
  });
  const conflict = error instanceof ApiError && error.kind === 'conflict';
  return (
    <Popover
      open
      side="left"
      onClose={onClose}
      anchor={anchor}
      title={off ? words.flags.switchOff(flag.key) : words.flags.switchOn(flag.key)}
    >
      <form
        className="switch-form"
        onSubmit={(event) => {
          event.preventDefault();
          mutate();
        }}
      >
        <div className="switch-audience">
          <span>{off ? words.flags.present : words.flags.future}</span>
          {off && <FlagStateMark state={state} />}
          {flag.sentence !== '' && <p>{withLocalInstants(flag.sentence)}</p>}
        </div>
        {off && <p>{words.flags.offFor}</p>}
        <TextField
          label={words.flags.why}
          value={why}
          maxLength={1_000}
          autoComplete="off"
          fault={error === null ? undefined : conflict ? words.flags.changedMeanwhile : error.message}
          onChange={({ target }) => setWhy(target.value)}
        />
        <div className="switch-actions">
          <Button onClick={onClose}>{words.dialog.cancel}</Button>
          <Button kind={off ? 'danger' : 'primary'} type="submit" disabled={isPending || conflict}>
            {off ? words.flags.doSwitchOff : words.flags.doSwitchOn}
          </Button>
        </div>
      </form>
    </Popover>
  );
}
