import { Link } from '@tanstack/react-router';
import { useCallback, useEffect } from 'react';
import { reload } from '../api/closing.js';
import { liveState, onLiveState } from '../api/live.js';
import { askAgain } from '../parts/loading/later.js';
import { Failure } from '../parts/page/failure.js';
import { PageHead } from '../parts/page/page-head.js';
import { Button } from '../ui/button.js';
import { AwayIcon, UnknownIcon } from '../ui/icons.js';
import { Notice } from '../ui/page-states.js';
import { words } from '../words/words.js';

/** Where there is no page of that address. */
export function NotFound() {
  return (
    <>
      <PageHead name={words.states.notFound} />
      <Notice
        icon={<UnknownIcon />}
        title={words.states.notThere}
        actions={
          <Link to="/flags" search={{}} className="button button-plain">
            {words.states.toFlags}
          </Link>
        }
      >
        <p>{words.states.notThereWhat}</p>
      </Notice>
    </>
  );
}

/** What stands in place of a page that failed: of one whose files cannot be had, that it is tried again. */
export function PageFailure({ error, reset }: { readonly error: unknown; readonly reset: () => void }) {
  const missing = isMissingFile(error);
  const again = useCallback(() => {
    askAgain();
    reset();
  }, [reset]);
  // What was away is back where the stream is.
  useEffect(
    () => (missing ? onLiveState(() => typeof liveState() === 'string' && again()) : undefined),
    [missing, again],
  );
  if (!missing) return <Failure error={error} onAgain={reload} />;
  return (
    <Notice
      role="alert"
      icon={<AwayIcon />}
      title={words.frame.pageNotLoaded}
      actions={
        <>
          <Button kind="primary" onClick={again}>
            {words.states.again}
          </Button>
          <Button onClick={reload}>{words.frame.reload}</Button>
        </>
      }
    >
      <p>{words.frame.pageNotLoadedWhat}</p>
    </Notice>
  );
}

/** Without the server no file comes, and after an update those that this page would load are there no more. */
function isMissingFile(error: unknown): boolean {
  return error instanceof Error && /dynamically imported module|importing a module|preload/i.test(error.message);
}
