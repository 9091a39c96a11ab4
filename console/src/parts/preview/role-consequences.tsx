import { useCallback, useEffect, useState } from 'react';
import type { RolePreviewProgress, RolePreviewResult } from '../../../../src/protocol/gen/admin-json.js';
import type { CallOf } from '../../api/api.js';
import { callStream } from '../../api/call-stream.js';
import { viewedOrganization } from '../../api/view-as.js';
import { Button } from '../../ui/button.js';
import { words } from '../../words/customers-words.js';

export type RoleChange = CallOf<'POST /api/admin/organizations/{organization_id}/roles/preview'>['body'];

/** How long nothing more was changed before the server looks at all members. */
const SETTLED_MS = 300;

export interface RolePreview {
  /** Whether there is something to preview, and it was not looked at to its end. */
  readonly pending: boolean;
  readonly progress?: RolePreviewProgress;
  readonly result?: RolePreviewResult;
  readonly error?: string;
  /** Looks once more, where that failed. */
  readonly again: () => void;
}

/**
 * What a change of roles would come to for everybody in the organization; asked anew as it changes, and as the roles do. Undefined: there
 * is none yet.
 * @param version the version of the roles that are changed
 */
export function useRolePreview(id: string, version: number, change: RoleChange | undefined): RolePreview {
  const [told, setTold] = useState<Told>({ of: '' });
  const [times, setTimes] = useState(0);
  const asked = change === undefined ? '' : JSON.stringify(change);
  const of = `${version} ${times} ${asked}`;
  useEffect(() => {
    if (asked === '' || viewedOrganization() !== '') return undefined;
    const stop = new AbortController();
    const timer = setTimeout(() => {
      callStream(
        'POST /api/admin/organizations/{organization_id}/roles/preview',
        {
          path: { organization_id: id },
          body: { ...(JSON.parse(asked) as RoleChange), sample_size: 5 },
          signal: stop.signal,
        },
        (event) => setTold({ of, ...event }),
      ).catch((error: unknown) => {
        if (!stop.signal.aborted) setTold({ of, error: error instanceof Error ? error.message : String(error) });
      });
    }, SETTLED_MS);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [id, asked, of]);
  const again = useCallback(() => setTimes((before) => before + 1), []);
  // What was told of another change, or of roles that somebody has changed since, says nothing of this one.
  const { of: _, ...present } = told.of === of ? told : { of };
  return { ...present, pending: asked !== '' && present.result === undefined, again };
}

interface Told extends Pick<RolePreview, 'progress' | 'result' | 'error'> {
  /** The change that it is about. */
  readonly of: string;
}

interface ConsequencesProps {
  readonly preview: RolePreview;
  /** Whether something is still to be chosen: what cannot be done until then is no fault yet. */
  readonly unanswered?: boolean;
}

/** Tells who would gain and lose what. */
export function Consequences({ preview, unanswered = false }: ConsequencesProps) {
  const { roles: text } = words.organization;
  const { progress, result, error, again } = preview;
  if (viewedOrganization() !== '')
    return (
      <section className="consequences" aria-label={text.consequences}>
        <h3>{text.consequences}</h3>
        <p className="soft">{text.notInView}</p>
      </section>
    );
  return (
    <section className="consequences" aria-label={text.consequences}>
      <h3>{text.consequences}</h3>
      <div role="status">
        {error !== undefined && (
          <>
            <p className="loss">{error}</p>
            <Button onClick={again}>{words.states.again}</Button>
          </>
        )}
        {result === undefined && error === undefined && (
          <>
            <p className="soft">{progress === undefined ? text.asking : text.looking(progress.done, progress.total)}</p>
            {progress !== undefined && (
              <progress max={Math.max(1, progress.total)} value={progress.done} aria-label={text.consequences} />
            )}
          </>
        )}
        {result !== undefined && <Result result={result} unanswered={unanswered} />}
      </div>
    </section>
  );
}

/** Says that somebody has changed the roles since the dialog opened: what it shows is as they are now. */
export function ChangedMeanwhile({ version }: { readonly version: number }) {
  const [opened] = useState(version);
  return (
    <div role="status">
      {version !== opened && <p className="consequences">{words.organization.roles.meanwhile}</p>}
    </div>
  );
}

/** What the server says without the names of fields, which the dialog shows as what is to be chosen and ticked. */
function spoken(refusal: string): string {
  return refusal.replaceAll(/ \((?:move_to|keep_platform_references)\)/g, '');
}

interface ResultProps {
  readonly result: RolePreviewResult;
  readonly unanswered: boolean;
}

function Result({ result, unanswered }: ResultProps) {
  const { roles: text } = words.organization;
  if (result.refusal !== '') return <p className={unanswered ? 'soft' : 'loss'}>{spoken(result.refusal)}</p>;
  return (
    <>
      <p>{text.changed(result.members_changed, result.members)}</p>
      {result.members_gaining + result.members_losing === 0 ? (
        <p>{text.nobody}</p>
      ) : (
        <p>
          {result.members_gaining > 0 && <span className="gain">{text.gains(result.members_gaining)}</span>}
          {result.members_gaining > 0 && result.members_losing > 0 && ', '}
          {result.members_losing > 0 && <span className="loss">{text.loses(result.members_losing)}</span>}
        </p>
      )}
      <ul>
        {result.flags.map(({ flag_key, gained, lost }) => (
          <li key={flag_key}>
            <code>{flag_key}</code> {gained > 0 && <span className="gain">{text.flagGained(gained)}</span>}{' '}
            {lost > 0 && <span className="loss">{text.flagLost(lost)}</span>}
          </li>
        ))}
        {result.samples.map(({ user_id, gained, lost }) => (
          <li key={`user ${user_id}`} className="soft">
            <bdi>{user_id}</bdi> {gained.length > 0 && text.gain(gained)}
            {gained.length > 0 && lost.length > 0 && ', '}
            {lost.length > 0 && text.lose(lost)}
          </li>
        ))}
      </ul>
    </>
  );
}
