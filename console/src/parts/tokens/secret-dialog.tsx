import type { ReactNode } from 'react';
import { Button } from '../../ui/button.js';
import { Dialog } from '../../ui/dialog.js';
import { Snippet } from '../../ui/page-states.js';
import { tokenWords } from '../../words/token-words.js';

export interface SecretDialogProps {
  readonly secret: string;
  /** What is to be known of it. Left out: that it is shown this once. */
  readonly what?: ReactNode;
  readonly onClose: () => void;
}

/** Shows a secret, this once: whoever shows it forgets it as it closes, and nothing else has it. */
export function SecretDialog({ secret, what = tokenWords.onceWhat, onClose }: SecretDialogProps) {
  return (
    <Dialog
      open
      wide
      mode="must"
      onClose={onClose}
      title={tokenWords.once}
      what={what}
      actions={
        <Button kind="primary" onClick={onClose}>
          {tokenWords.done}
        </Button>
      }
    >
      <Snippet text={secret} label={tokenWords.secret} />
    </Dialog>
  );
}
