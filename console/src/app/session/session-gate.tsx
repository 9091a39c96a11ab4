import { useQueryClient } from '@tanstack/react-query';
import { type ReactNode, Suspense, useCallback, useEffect, useState, useSyncExternalStore } from 'react';
import { reload } from '../../api/closing.js';
import { currentSession, type Session } from '../../api/session.js';
import { isSessionOver, onSessionEnd, renewSession } from '../../api/session-end.js';
import { hearTabs, tellTabs } from '../../api/tabs.js';
import { later, untilHad } from '../../parts/loading/later.js';
import { Optional } from '../../parts/loading/optional.js';
import { Failure } from '../../parts/page/failure.js';
import { SessionProvider } from '../../parts/page/session-context.js';
import { Coming, Patiently } from '../../ui/page-states.js';
import { words } from '../../words/words.js';
import { forget, keepFor } from './kept-for.js';
import { SignInPage } from './sign-in.js';

// Nobody would ask for them again, and nobody can do without them.
const SessionEndedDialog = later(() => untilHad(() => import('./session-ended-dialog.js')));
const SessionWarning = later(() => untilHad(() => import('./session-warning.js')));
const AGAIN_MS = 3_000;
const SETTLED_MS = 5_000;

/** Who was signed in last since the page was loaded, and may still be drawn; '' for nobody. */
let lastCaller = '';

type State =
  | { readonly kind: 'asking' }
  | { readonly kind: 'failed'; readonly error: unknown }
  | { readonly kind: 'nobody'; readonly signedOutElsewhere: boolean }
  | { readonly kind: 'somebody'; readonly session: Session };

/** Shows the console to who is signed in, and the sign-in page to anybody else, at the same address. */
export function SessionGate({ children }: { readonly children: ReactNode }) {
  const [state, setState] = useState<State>({ kind: 'asking' });
  const queries = useQueryClient();
  const over = useSyncExternalStore(onSessionEnd, isSessionOver);

  const ask = useCallback(() => {
    currentSession().then(
      (found) => {
        if (found !== undefined) {
          lastCaller = found.caller.id;
          keepFor(found.caller);
        }
        setState(found === undefined ? NOBODY : { kind: 'somebody', session: found });
      },
      (error: unknown) => setState({ kind: 'failed', error }),
    );
  }, []);
  useEffect(ask, [ask]);
  useEffect(() => {
    if (state.kind !== 'failed') return undefined;
    const timer = setTimeout(ask, AGAIN_MS);
    return () => clearTimeout(timer);
  }, [state, ask]);

  const enter = useCallback(
    (found: Session) => {
      // What somebody else saw and drafted is not theirs to see, and what that one asked for is not asked in their name.
      if (lastCaller !== '' && lastCaller !== found.caller.id) {
        forget(queries);
        reload();
        return;
      }
      lastCaller = found.caller.id;
      keepFor(found.caller);
      setState({ kind: 'somebody', session: found });
      renewSession();
    },
    [queries],
  );

  useEffect(
    () =>
      hearTabs((message) => {
        if (message.type === 'signed-in') {
          currentSession().then(
            (found) => found !== undefined && enter(found),
            () => undefined,
          );
          return;
        }
        if (message.type !== 'signed-out') return;
        forget(queries);
        setState({ kind: 'nobody', signedOutElsewhere: true });
      }),
    [queries, enter],
  );

  const signedIn = useCallback(
    (found: Session) => {
      enter(found);
      tellTabs({ type: 'signed-in', callerId: found.caller.id });
    },
    [enter],
  );

  // What watches over the session's end comes after the first page.
  const [settled, setSettled] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(true), SETTLED_MS);
    return () => clearTimeout(timer);
  }, []);

  if (state.kind === 'asking')
    return (
      <Patiently>
        <p className="starting" role="status">
          {words.signIn.starting}
        </p>
      </Patiently>
    );
  if (state.kind === 'failed') return <Failure error={state.error} onAgain={ask} />;
  if (state.kind === 'nobody')
    return <SignInPage signedOutElsewhere={state.signedOutElsewhere} onSignedIn={signedIn} />;
  return (
    <SessionProvider value={state.session}>
      {children}
      {over ? (
        <Suspense fallback={<Coming />}>
          <SessionEndedDialog onSignedIn={signedIn} />
        </Suspense>
      ) : (
        <Optional>{settled && <SessionWarning key={state.session.session?.id} />}</Optional>
      )}
    </SessionProvider>
  );
}

const NOBODY: State = { kind: 'nobody', signedOutElsewhere: false };
