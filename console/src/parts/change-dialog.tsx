import { type ReactNode, useId, useRef, useState } from 'react';
import { ApiError } from '../api/api-error.js';
import { Button } from '../ui/button.js';
import { Dialog } from '../ui/dialog.js';
import { TextField } from '../ui/field.js';
import { words } from '../words/words.js';
import { Working } from './loading/working.js';
import './change-dialog.css';
import { useOneAtATime } from './use-one-at-a-time.js';

export interface ChangeDialogProps {
  readonly title: string;
  readonly what?: ReactNode;
  readonly children?: ReactNode;
  /** What the button says that does it. */
  readonly does: string;
  readonly danger?: boolean;
  /** Whether nothing can be done yet, such as while a field is empty. */
  readonly disabled?: boolean;
  /** Whether it must be said why. */
  readonly whyNeeded?: boolean;
  /** Whether nobody asks why: what it writes is kept without a reason. */
  readonly whyless?: boolean;
  /** Why, as long as nobody says otherwise. */
  readonly whyAtFirst?: string;
  readonly wide?: boolean;
  /** Whether its answer is shown once, such as a secret: while it is under way closing would lose that. */
  readonly shownOnce?: boolean;
  /** Does it; what it rejects with is shown, and the dialog stays. What takes a while tells how far it is, and ends when `signal` is aborted. */
  readonly onDo: (why: string, run: Run) => Promise<void>;
  readonly onClose: () => void;
}

/** How something that takes a while is watched, and stopped by closing the dialog. */
export interface Run {
  readonly signal: AbortSignal;
  readonly onProgress: (done: number, of: number) => void;
}

/** Asks before something is changed: what, why, and what was wrong where the server refuses. */
export function ChangeDialog({ title, what, children, does, onDo, onClose: close, ...how }: ChangeDialogProps) {
  const { danger = false, disabled = false, whyNeeded = false, whyless = false, wide = false, whyAtFirst = '' } = how;
  const { shownOnce = false } = how;
  const [why, setWhy] = useState(whyAtFirst);
  const form = useId();
  const [progress, setProgress] = useState<{ readonly done: number; readonly of: number }>();
  const stop = useRef(new AbortController());
  const { mutate, isPending, error } = useOneAtATime({
    mutationFn: () =>
      onDo(why.trim(), {
        signal: stop.current.signal,
        onProgress: (done, of) => setProgress({ done, of }),
      }),
    onSuccess: close,
  });
  const ready = !disabled && !isPending && !(whyNeeded && why.trim() === '');
  const held = shownOnce && isPending && progress === undefined;
  const onClose = () => {
    if (held) return;
    stop.current.abort();
    close();
  };
  const conflict = error instanceof ApiError && error.kind === 'conflict';
  return (
    <Dialog
      open
      mode="alert"
      wide={wide}
      onClose={onClose}
      title={title}
      what={what}
      actions={
        <>
          <Button onClick={onClose} disabled={held}>
            {isPending && progress !== undefined ? words.dialog.stop : words.dialog.cancel}
          </Button>
          <Button kind={danger ? 'danger' : 'primary'} type="submit" form={form} disabled={!ready}>
            {does}
          </Button>
        </>
      }
    >
      <form
        id={form}
        className="change-form"
        onSubmit={(event) => {
          event.preventDefault();
          if (ready) mutate();
        }}
      >
        {children}
        {!whyless && (
          <TextField
            label={words.changes.why}
            hint={whyNeeded ? words.changes.whyNeeded : undefined}
            value={why}
            maxLength={1_000}
            autoComplete="off"
            onChange={({ target }) => setWhy(target.value)}
          />
        )}
        {isPending && <Working label={title} progress={progress} />}
        {error !== null && (
          <p className="change-fault" role="alert">
            {error.message}
            {conflict && ` ${words.changes.conflict}`}
          </p>
        )}
      </form>
    </Dialog>
  );
}

/** A box to tick with its words beside it. */
export function Tick({ label, hint, checked, onTick, disabled }: TickProps) {
  return (
    <label className="tick">
      <input
        type="checkbox"
        className="checkbox"
        checked={checked}
        disabled={disabled}
        onChange={({ target }) => onTick(target.checked)}
      />
      <span>
        {label}
        {hint !== undefined && <small>{hint}</small>}
      </span>
    </label>
  );
}

interface TickProps {
  readonly label: ReactNode;
  readonly hint?: ReactNode;
  readonly checked: boolean;
  readonly onTick: (on: boolean) => void;
  readonly disabled?: boolean;
}
