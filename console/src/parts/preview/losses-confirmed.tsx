import { useState } from 'react';
import { Button } from '../../ui/button.js';
import { TextField } from '../../ui/field.js';
import { words } from '../../words/words.js';
import { Tick } from '../change-dialog.js';

/**
 * How many people lose something by what is to be saved: their number, whether it is still asked for, that it cannot be had now, or that it is
 * counted for nobody.
 */
export type Losses = number | 'asking' | 'unknown' | 'uncounted';

export interface Confirming {
  readonly confirmed: boolean;
  readonly typed: string;
  readonly type: (text: string) => void;
  readonly unseen: boolean;
  readonly takeUnseen: (on: boolean) => void;
}

/** Whether losses are confirmed: by their number, or by saying that one goes on without it. Where nobody loses anything, they are. */
export function useConfirming(losses: Losses): Confirming {
  const [typed, type] = useState('');
  const [unseen, takeUnseen] = useState(false);
  const confirmed =
    losses === 'unknown' || losses === 'uncounted'
      ? unseen
      : losses !== 'asking' && (losses === 0 || typed.replaceAll(/[,.\s]/g, '') === String(losses));
  return { confirmed, typed, type, unseen, takeUnseen };
}

export interface LossesConfirmedProps {
  readonly losses: Losses;
  readonly confirming: Confirming;
  readonly label: string;
  readonly hint: (n: string) => string;
  /** What the button says that does it: what is done without knowing is said by it, too. */
  readonly does: string;
  /** Undefined where the number cannot be asked for. */
  readonly onAgain: (() => void) | undefined;
}

/** Asks for the number of those who lose something, or for going on without it. */
export function LossesConfirmed({ losses, confirming, label, hint, does, onAgain }: LossesConfirmedProps) {
  const { losses: text } = words;
  if (losses === 'unknown' || losses === 'uncounted')
    return (
      <div className="review-unknown">
        <Tick
          label={text.unseen(does)}
          hint={losses === 'uncounted' ? text.uncounted : onAgain === undefined ? text.untold : text.unknown}
          checked={confirming.unseen}
          onTick={confirming.takeUnseen}
        />
        {onAgain !== undefined && <Button onClick={onAgain}>{text.again}</Button>}
      </div>
    );
  if (losses === 'asking' || losses === 0) return null;
  return (
    <TextField
      label={label}
      hint={hint(String(losses))}
      value={confirming.typed}
      inputMode="numeric"
      autoComplete="off"
      onChange={({ target }) => confirming.type(target.value)}
    />
  );
}
