import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { Action, Reference } from '../../../../src/protocol/gen/admin-json.js';
import { call } from '../../api/api.js';
import { ChangeDialog } from '../../parts/change-dialog.js';
import { isolated } from '../../parts/isolated.js';
import { tell } from '../../ui/toasts.js';
import { words } from '../../words/customers-words.js';

export interface RemoveActionProps {
  readonly action: Action;
  readonly onClose: () => void;
}

/** Takes back the declaration of an action, and says before what that comes to and what reads it. */
export function RemoveAction({ action: { name, derivation }, onClose }: RemoveActionProps) {
  const { actions: text } = words;
  const queries = useQueryClient();
  const { data, error } = useQuery({
    queryKey: ['references', 'action', name],
    queryFn: ({ signal }) =>
      call('GET /api/admin/actions/{action}/references', { path: { action: name }, query: { page_size: 20 }, signal }),
    staleTime: 0,
  });
  return (
    <ChangeDialog
      danger
      title={text.removing(isolated(name))}
      what={derivation === undefined ? text.removingPlain : text.removingDerived}
      does={text.doRemove}
      disabled={data === undefined}
      onDo={async (comment) => {
        try {
          await call('DELETE /api/admin/actions/{action}', { path: { action: name }, query: { comment } });
        } catch (failure) {
          // What reads it since the dialog opened is listed, too.
          void queries.invalidateQueries({ queryKey: ['references', 'action', name] });
          throw failure;
        }
        tell({ kind: 'done', title: text.removed(isolated(name)) });
        await queries.invalidateQueries({ queryKey: ['actions'] });
      }}
      onClose={onClose}
    >
      <div className="consequences" role="status">
        {error !== null && <p className="loss">{error.message}</p>}
        {data === undefined && error === null && <p className="soft">{text.looking}</p>}
        {data?.total === 0 && <p>{text.readsNothing}</p>}
        {data !== undefined && data.total > 0 && (
          <>
            <p className={derivation === undefined ? undefined : 'loss'}>{text.reads(data.total)}</p>
            <ul>
              {data.references.map((reference) => (
                <li key={`${reference.kind} ${reference.key} ${reference.pointer}`}>
                  <Reader reference={reference} onLeave={onClose} />
                </li>
              ))}
              {data.total > data.references.length && (
                <li className="soft">{text.readsMore(data.total - data.references.length)}</li>
              )}
            </ul>
          </>
        )}
      </div>
    </ChangeDialog>
  );
}

interface ReaderProps {
  readonly reference: Reference;
  /** Another action is on this very page. */
  readonly onLeave: () => void;
}

function Reader({ reference: { kind, key, name }, onLeave }: ReaderProps) {
  const other = words.actions.kinds[kind];
  if (other !== undefined)
    return (
      <>
        {kind === 'ACTION' ? (
          <Link to="/actions" search={{ action: key }} onClick={onLeave}>
            <code>{key}</code>
          </Link>
        ) : kind === 'SEGMENT' ? (
          <Link to="/segments/$key" params={{ key }} search={{}}>
            <code>{key}</code>
          </Link>
        ) : (
          <code>{key}</code>
        )}{' '}
        <span className="soft">{other}</span>
      </>
    );
  return (
    <>
      <Link to="/flags/$key" params={{ key }}>
        <code>{key}</code>
      </Link>{' '}
      <bdi className="soft">{name}</bdi>
    </>
  );
}
