import { useCallback, useEffect, useState } from 'react';
import { renewedTimes } from '../../api/session.js';
import { type SessionTimes, sessionClock } from '../../api/session-clock.js';
import { sessionRenewed } from '../../api/session-end.js';
import { sessionUsedAt } from '../../api/session-use.js';
import { Button } from '../../ui/button.js';
import { Dialog } from '../../ui/dialog.js';
import { tell } from '../../ui/toasts.js';
import { sessionWords as text } from '../../words/session-words.js';

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;

/** Warns before the session ends, and prolongs it; where it is over says so at once, and not only when something is asked for. */
export default function SessionWarning() {
  const [times, setTimes] = useState<SessionTimes>();
  const [now, setNow] = useState(Date.now);
  const [dismissed, setDismissed] = useState(0);
  const ask = useCallback(async (): Promise<void> => {
    const found = await renewedTimes();
    setNow(Date.now());
    if (found === undefined) await sessionRenewed();
    else setTimes(found);
  }, []);
  useEffect(() => {
    // While the server is away it is not known how long the session lasts: each look asks again.
    if (times === undefined && now > 0) ask().catch(() => undefined);
  }, [ask, times, now]);

  const { end, last, near, warns, over } = sessionClock(times, sessionUsedAt(), now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), near ? SECOND_MS : MINUTE_MS / 2);
    return () => clearInterval(timer);
  }, [near]);
  useEffect(() => {
    if (over) ask().catch(() => undefined);
  }, [over, ask]);

  if (!warns || dismissed === end) return null;
  const stay = () => {
    ask().catch((error: unknown) => tell({ kind: 'failed', title: text.failed, what: String(error) }));
  };
  return (
    <Dialog
      open
      mode="alert"
      onClose={() => setDismissed(end)}
      title={text.title}
      what={last ? text.ends : text.idle}
      actions={
        <>
          <Button onClick={() => setDismissed(end)}>{text.later}</Button>
          {last ? (
            <Button kind="primary" onClick={() => void sessionRenewed()}>
              {text.again}
            </Button>
          ) : (
            <Button kind="primary" onClick={stay}>
              {text.stay}
            </Button>
          )}
        </>
      }
    >
      <p className="numbers session-left" aria-hidden>
        {text.left(Math.max(0, end - now) / SECOND_MS)}
      </p>
    </Dialog>
  );
}
