import { useRef } from 'react';
import { Dialog } from '../../ui/dialog.js';
import { words } from '../../words/words.js';
import { SignInForm, type SignInFormProps } from './sign-in.js';

/** Over the page of who was signed in: what they were at stays, and goes on when they have signed in again. */
export default function SessionEndedDialog({ onSignedIn }: Pick<SignInFormProps, 'onSignedIn'>) {
  const field = useRef<HTMLInputElement>(null);
  return (
    <Dialog
      open
      mode="must"
      onClose={() => undefined}
      title={words.signIn.again}
      what={words.signIn.againWhat}
      initialFocus={field}
    >
      <SignInForm onSignedIn={onSignedIn} field={field} />
    </Dialog>
  );
}
