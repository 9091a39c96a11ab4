import { ApiError } from '../../api/api-error.js';
import { Button } from '../../ui/button.js';
import { AwayIcon, FailedIcon, UnknownIcon } from '../../ui/icons.js';
import { Notice, Snippet } from '../../ui/page-states.js';
import { words } from '../../words/words.js';
import { Refused } from './refused.js';

/** What a page shows that could not be had: why, in the server's words where it has some, and what helps. */
export function Failure({ error, onAgain }: { readonly error: unknown; readonly onAgain?: (() => void) | undefined }) {
  const { states } = words;
  const kind = error instanceof ApiError ? error.kind : 'defect';
  const said = error instanceof ApiError ? error.problem : undefined;
  const again = onAgain === undefined ? undefined : <Button onClick={onAgain}>{states.again}</Button>;
  if (kind === 'forbidden') return <Refused role="status" said={said?.detail} />;
  if (kind === 'away')
    return (
      <Notice role="alert" icon={<AwayIcon />} title={states.away} actions={again}>
        <p>{states.awayWhat}</p>
      </Notice>
    );
  if (kind === 'limited')
    return (
      <Notice role="alert" icon={<AwayIcon />} title={states.limited} actions={again}>
        <p>{states.limitedWhat}</p>
      </Notice>
    );
  // What is not there is not there when it is asked for again: a page that knows of what it is says what may have been meant.
  if (kind === 'absent')
    return (
      <Notice role="status" icon={<UnknownIcon />} title={states.notThere}>
        <p>{said?.detail ?? states.notThereWhat}</p>
      </Notice>
    );
  return (
    <Notice role="alert" icon={<FailedIcon />} title={states.failed} actions={again}>
      <p>{said?.detail ?? String(error)}</p>
      {said !== undefined && <Snippet text={said.request_id} label={states.requestId} />}
    </Notice>
  );
}
