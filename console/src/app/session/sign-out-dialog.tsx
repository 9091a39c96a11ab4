import { Button } from '../../ui/button.js';
import { Dialog } from '../../ui/dialog.js';
import { words } from '../../words/words.js';

export interface SignOutDialogProps {
  readonly onClose: () => void;
  readonly onSignOut: () => void;
}

/** Asks before drafts are thrown away by signing out. */
export default function SignOutDialog({ onClose, onSignOut }: SignOutDialogProps) {
  return (
    <Dialog
      open
      mode="alert"
      onClose={onClose}
      title={words.frame.losesDrafts}
      what={words.frame.losesDraftsWhat}
      actions={
        <>
          <Button onClick={onClose}>{words.dialog.cancel}</Button>
          <Button kind="danger" onClick={onSignOut}>
            {words.frame.signOutAnyway}
          </Button>
        </>
      }
    />
  );
}
