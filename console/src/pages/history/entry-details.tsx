import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { AuditEntry, GetAuditEntryResponse } from '../../../../src/protocol/gen/admin-json.js';
import { call } from '../../api/api.js';
import { isAbsent } from '../../api/api-error.js';
import { actorTo } from '../../parts/ledger/entry-text.js';
import { Failure } from '../../parts/page/failure.js';
import { useMay, useSession } from '../../parts/page/session-context.js';
import { localTime, withLocalInstants } from '../../parts/time/instant.js';
import { FieldChanges } from '../../parts/versions/field-changes.js';
import { Button } from '../../ui/button.js';
import { UndoIcon, UnknownIcon } from '../../ui/icons.js';
import { Notice, Patiently, Skeleton, Snippet } from '../../ui/page-states.js';
import { words } from '../../words/history-words.js';
import { missingWords } from '../../words/missing-words.js';
import { EntryWays } from './entry-way.js';
import { UndoDialog } from './undo-dialog.js';

/** An entry of the audit, by its id: what it changed, in words and field by field, and whether it can be undone. */
export function EntryDetails({ id }: { readonly id: string }) {
  const { data, error, refetch } = useQuery({
    queryKey: ['audit', 'entry', id],
    queryFn: ({ signal }) => call('GET /api/admin/audit/{id}', { path: { id }, signal }),
  });
  if (data?.entry !== undefined) return <Details data={data} entry={data.entry} />;
  if (isAbsent(error))
    return (
      <Notice role="status" icon={<UnknownIcon />} title={missingWords.entry}>
        <p>{missingWords.entryWhat}</p>
      </Notice>
    );
  if (error !== null) return <Failure error={error} onAgain={() => void refetch()} />;
  return (
    <div className="history-details">
      <Patiently>
        <Skeleton width="60%" />
        <Skeleton width="40%" />
      </Patiently>
    </div>
  );
}

function Details({ data, entry }: { readonly data: GetAuditEntryResponse; readonly entry: AuditEntry }) {
  const { details } = words.history;
  const [json, setJson] = useState(false);
  const who = actorTo(useSession(), entry);
  const maySearch = useMay('ListAudit');
  return (
    <div className="history-details">
      <Head data={data} json={json} onJson={() => setJson(!json)} />
      {json && <Snippet label={details.json} text={JSON.stringify(entry, undefined, 2)} />}
      {data.words.length > 0 && (
        <section aria-label={details.words}>
          <h3>{details.words}</h3>
          <ul className="history-words">
            {data.words.map((line) => (
              <li key={line}>
                <bdi>{withLocalInstants(line)}</bdi>
              </li>
            ))}
          </ul>
        </section>
      )}
      <section aria-label={details.fields}>
        <h3>{details.fields}</h3>
        {data.changes.length === 0 ? <p>{details.unchanged}</p> : <FieldChanges changes={data.changes} />}
      </section>
      <dl className="history-facts">
        <Fact name={details.at}>{entry.at === undefined ? '' : localTime(new Date(entry.at))}</Fact>
        <Fact name={details.actor}>
          {who !== entry.actor && (
            <>
              <bdi>{who}</bdi> ·{' '}
            </>
          )}
          <bdi>{entry.actor}</bdi>{' '}
          {maySearch && (
            <Link to="/history" search={{ actor: entry.actor }}>
              {words.history.only.actor}
            </Link>
          )}
        </Fact>
        <Fact name={details.target}>
          <EntryWays entry={entry} />
        </Fact>
        <Fact name={details.action}>
          <code>{entry.action}</code>
        </Fact>
        {entry.request_id !== '' && (
          <Fact name={details.request}>
            <code>{entry.request_id}</code>
          </Fact>
        )}
      </dl>
    </div>
  );
}

interface HeadProps {
  readonly data: GetAuditEntryResponse;
  readonly json: boolean;
  readonly onJson: () => void;
}

/** What can be done with the entry, before the many fields that it may have. */
function Head({ data, json, onJson }: HeadProps) {
  const { history } = words;
  const mayUndo = useMay('UndoAuditEntry');
  const [asked, setAsked] = useState(false);
  const reason = data.undoable ? (mayUndo ? '' : history.notAllowed) : data.not_undoable;
  return (
    <div className="history-acts">
      <Button onClick={onJson} aria-expanded={json}>
        {json ? history.details.jsonLess : history.details.json}
      </Button>
      {reason === '' ? (
        <Button icon={<UndoIcon aria-hidden />} onClick={() => setAsked(true)}>
          {history.undo}
        </Button>
      ) : (
        <p className="history-reason">
          <strong>{history.cannot}:</strong> <bdi>{withLocalInstants(reason)}</bdi>
          {data.entry !== undefined && (
            <>
              {' · '}
              <EntryWays entry={data.entry} />
            </>
          )}
        </p>
      )}
      {asked && data.entry !== undefined && <UndoDialog entry={data.entry} onClose={() => setAsked(false)} />}
    </div>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: React.ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
