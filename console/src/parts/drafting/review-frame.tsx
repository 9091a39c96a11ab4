import { type ReactNode, useRef, useState } from 'react';
import { ApiError } from '../../api/api-error.js';
import type { ChangedRows } from '../../draft/flag/merge-rows.js';
import { Button } from '../../ui/button.js';
import { Dialog } from '../../ui/dialog.js';
import { TextField } from '../../ui/field.js';
import { words } from '../../words/flag-words.js';
import { Working } from '../loading/working.js';
import { type Losses, LossesConfirmed, useConfirming } from '../preview/losses-confirmed.js';
import { type FaultPlace, Refusal } from './refusal.js';
import './review.css';
import { useOneAtATime } from '../use-one-at-a-time.js';

export interface ReviewFrameProps {
  readonly title: string;
  readonly what: string;
  /** The changes in words, each an `li`. */
  readonly children: ReactNode;
  /** For whom it changes something, and what else is to be chosen before it is saved. */
  readonly effects: ReactNode;
  /** How many lose something by it: where some do, their number is typed before it is saved, and where nobody knows, that is said. */
  readonly losses: Losses;
  /** Undefined for whoever may not ask for that. */
  readonly onAskAgain: (() => void) | undefined;
  /** How that is asked for. */
  readonly asks: { readonly confirm: string; readonly toConfirm: (lost: string) => string };
  /** Why, as long as nobody says otherwise. */
  readonly whyAtFirst: string;
  /** What the button says that does it; left out: that it is saved. */
  readonly does?: string;
  /** Whether it takes something from people by what it is. */
  readonly danger?: boolean;
  /** Where in the draft the server refuses something, by its JSON pointer. */
  readonly placeOf: (pointer: string) => FaultPlace | undefined;
  readonly onSave: (why: string) => Promise<void>;
  /** Somebody has saved it meanwhile, or these of its access rows. */
  readonly onConflict: (rows: ChangedRows | undefined) => void;
  readonly onClose: () => void;
}

/** Says in words what saving a draft comes to, and for whom, before it is done. */
export function ReviewFrame({ title, what, children, effects, losses, asks, whyAtFirst, ...on }: ReviewFrameProps) {
  const { does = words.flag.save, danger = false } = on;
  const [why, setWhy] = useState(whyAtFirst);
  const first = useRef<HTMLInputElement>(null);
  const confirming = useConfirming(losses);
  const { confirmed } = confirming;
  const { mutate, isPending, error } = useOneAtATime({
    mutationFn: () => on.onSave(why.trim()),
    onError: (failure) => {
      if (failure instanceof ApiError && failure.kind === 'conflict') on.onConflict(failure.problem?.current_access);
    },
  });
  const submit = () => {
    if (confirmed) mutate();
  };
  return (
    <Dialog
      open
      wide
      onClose={on.onClose}
      title={title}
      what={what}
      initialFocus={first}
      actions={
        <>
          <Button onClick={on.onClose}>{words.dialog.cancel}</Button>
          <Button kind={danger ? 'danger' : 'primary'} disabled={!confirmed || isPending} onClick={submit}>
            {isPending ? words.flag.saving : does}
          </Button>
        </>
      }
    >
      {/* biome-ignore lint/a11y/noStaticElementInteractions: Ctrl+Enter saves from any of its fields */}
      <div
        className="review"
        onKeyDown={(event) => {
          if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
          event.preventDefault();
          submit();
        }}
      >
        <ul className="review-changes">{children}</ul>
        {effects}
        <Refusal error={error} placeOf={on.placeOf} />
        <TextField
          ref={first}
          label={words.flag.why}
          value={why}
          maxLength={1_000}
          autoComplete="off"
          onChange={({ target }) => setWhy(target.value)}
        />
        <LossesConfirmed
          losses={losses}
          confirming={confirming}
          label={asks.confirm}
          hint={asks.toConfirm}
          does={does}
          onAgain={on.onAskAgain}
        />
        {isPending && <Working label={title} />}
      </div>
    </Dialog>
  );
}

export interface BeforeAndAfterProps {
  /** Undefined for what is new. */
  readonly before: string | undefined;
  readonly after: string;
}

/** What the server says of something before it is saved, and after. */
export function BeforeAndAfter({ before, after }: BeforeAndAfterProps) {
  return (
    <div className="review-sentences">
      {before !== undefined && <del>{before}</del>}
      <ins>{after}</ins>
    </div>
  );
}
