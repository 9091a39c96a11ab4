import { type FormEvent, type RefObject, useEffect, useState } from 'react';
import { ApiError } from '../../api/api-error.js';
import { type Session, signIn } from '../../api/session.js';
import { Button } from '../../ui/button.js';
import { TextField } from '../../ui/field.js';
import mark from '../../ui/latchkey.svg';
import { words } from '../../words/words.js';
import './sign-in.css';

export interface SignInFormProps {
  readonly onSignedIn: (session: Session) => void;
  readonly field?: RefObject<HTMLInputElement | null>;
}

/** A token, exchanged for a session. The field is cleared at once; nothing of the token stays in the page. */
export function SignInForm({ onSignedIn, field }: SignInFormProps) {
  const [token, setToken] = useState('');
  const [fault, setFault] = useState<string>();
  const [busy, setBusy] = useState(false);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const given = token.trim();
    if (given === '') {
      setFault(words.signIn.missing);
      return;
    }
    setBusy(true);
    setFault(undefined);
    signIn(given)
      .then(
        (session) => {
          setToken('');
          onSignedIn(session);
        },
        (error: unknown) =>
          setFault(error instanceof ApiError && error.kind !== 'away' ? error.message : words.states.away),
      )
      .finally(() => setBusy(false));
  };
  return (
    <form className="sign-in-form" onSubmit={submit}>
      <TextField
        label={words.signIn.token}
        type="password"
        autoComplete="off"
        spellCheck={false}
        value={token}
        fault={fault}
        hint={isLocal() ? words.signIn.hint : undefined}
        onChange={({ target }) => setToken(target.value)}
        {...(field === undefined ? {} : { ref: field })}
      />
      <Button kind="primary" type="submit" disabled={busy}>
        {busy ? words.signIn.submitting : words.signIn.submit}
      </Button>
    </form>
  );
}

/** The page of who is not signed in. */
export function SignInPage({
  onSignedIn,
  signedOutElsewhere,
}: SignInFormProps & { readonly signedOutElsewhere: boolean }) {
  useEffect(() => {
    document.title = words.title(words.signIn.title);
  }, []);
  return (
    <main className="sign-in">
      <div className="sign-in-card">
        <img src={mark} alt="" width={44} height={44} />
        <h1>{words.latchkey}</h1>
        <p className="sign-in-what">{words.signIn.what}</p>
        {signedOutElsewhere && <p role="status">{words.signIn.elsewhere}</p>}
        <SignInForm onSignedIn={onSignedIn} />
      </div>
    </main>
  );
}

/** Whether the browser is on the server's own machine, where the file with the first token lies. */
function isLocal(): boolean {
  return /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(location.hostname);
}
