import { AlertDialog } from '@base-ui/react/alert-dialog';
import { Dialog as BaseDialog } from '@base-ui/react/dialog';
import { type ReactNode, type RefObject, useId } from 'react';
import { words } from '../words/words.js';
import { IconButton } from './button.js';
import { CloseIcon } from './icons.js';
import './overlays.css';

export interface DialogProps {
  readonly open: boolean;
  readonly onClose: () => void;
  readonly title: string;
  /** What it is about, in a sentence. */
  readonly what?: ReactNode;
  readonly children?: ReactNode;
  /** The buttons, the one that does it last. */
  readonly actions?: ReactNode;
  /** `alert`: closes by its own buttons and by Escape alone. `must`: by its own doing alone. */
  readonly mode?: 'plain' | 'alert' | 'must';
  readonly wide?: boolean;
  /** Where the focus goes at first; else to the first thing that takes it. */
  readonly initialFocus?: RefObject<HTMLElement | null>;
}

/** A dialog over the page, which waits meanwhile. On narrow screens it is a sheet at the bottom. */
export function Dialog({ mode = 'plain', wide = false, ...props }: DialogProps) {
  const { open, onClose, title, what, children, actions, initialFocus } = props;
  const id = useId();
  const Parts = mode === 'plain' ? BaseDialog : AlertDialog;
  return (
    <Parts.Root
      open={open}
      onOpenChange={(next, { reason }) => {
        if (!next && (mode !== 'must' || reason === 'close-press')) onClose();
      }}
    >
      <Parts.Portal>
        <Parts.Backdrop className="veil" />
        <Parts.Popup
          className={`dialog ${wide ? 'dialog-wide' : ''}`}
          aria-describedby={what === undefined ? undefined : id}
          {...(initialFocus === undefined ? {} : { initialFocus })}
        >
          <header className="dialog-head">
            <Parts.Title className="dialog-title">{title}</Parts.Title>
            {mode === 'plain' && (
              <IconButton label={words.dialog.close} icon={<CloseIcon aria-hidden />} onClick={onClose} />
            )}
          </header>
          {what !== undefined && (
            <div id={id} className="dialog-what">
              {what}
            </div>
          )}
          {children}
          {actions !== undefined && <footer className="dialog-actions">{actions}</footer>}
        </Parts.Popup>
      </Parts.Portal>
    </Parts.Root>
  );
}
