import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { Backfill, FeatureFlag } from '../../../../../src/protocol/gen/admin-json.js';
import { call } from '../../../api/api.js';
import { ChangeDialog } from '../../../parts/change-dialog.js';
import { Failure } from '../../../parts/page/failure.js';
import { useMay } from '../../../parts/page/session-context.js';
import { Moment } from '../../../parts/time/moment.js';
import { Button } from '../../../ui/button.js';
import { tell } from '../../../ui/toasts.js';
import { words } from '../../../words/flag-access-words.js';
import './backfill-panel.css';
import { serverNow } from '../../../api/server-clock.js';

export interface BackfillPanelProps {
  readonly flag: FeatureFlag;
  /** The last one that ended, too, and starting one by hand; else only one that runs. */
  readonly whole?: boolean;
}

const UNFINISHED: readonly Backfill['state'][] = ['BACKFILL_STATE_PENDING', 'BACKFILL_STATE_RUNNING'];

/** The newest backfill of a flag: how far it is, as the stream tells it, and ending it. */
export function BackfillPanel({ flag, whole = false }: BackfillPanelProps) {
  const { backfill: said } = words.flagAccess;
  const [asking, setAsking] = useState<'start' | 'cancel'>();
  const queries = useQueryClient();
  const mayStart = useMay('StartBackfill');
  const mayCancel = useMay('CancelBackfill');
  const { data, error, refetch } = useQuery({
    queryKey: ['backfills', flag.key],
    queryFn: ({ signal }) => call('GET /api/admin/backfills', { query: { flag: flag.key, page_size: 1 }, signal }),
  });
  const newest = data?.backfills[0];
  const runs = newest !== undefined && UNFINISHED.includes(newest.state);
  const latches = flag.rules.some(({ policy }) => policy === 'LATCHING');
  const settle = (title: string) => {
    tell({ kind: 'done', title });
    return queries.invalidateQueries({ queryKey: ['backfills'] });
  };
  if (!whole && !runs) return null;
  if (data === undefined) return error === null ? null : <Failure error={error} onAgain={() => void refetch()} />;
  return (
    <section className="backfill" aria-label={said.name} data-running={runs ? '' : undefined}>
      <div className="backfill-text">
        <h2>{said.name}</h2>
        {newest === undefined ? (
          <p className="soft">{latches ? said.none : said.nothingToEarn}</p>
        ) : (
          <Standing backfill={newest} runs={runs} />
        )}
      </div>
      <div className="backfill-buttons">
        {runs && mayCancel && <Button onClick={() => setAsking('cancel')}>{said.cancel}</Button>}
        {whole && !runs && latches && mayStart && <Button onClick={() => setAsking('start')}>{said.start}</Button>}
      </div>
      {asking === 'start' && (
        <ChangeDialog
          whyNeeded
          title={said.startTitle(flag.key)}
          what={said.startWhat}
          does={said.doStart}
          onDo={async (comment) => {
            await call('POST /api/admin/backfills', { body: { flag: flag.key, comment } });
            await settle(said.started);
          }}
          onClose={() => setAsking(undefined)}
        />
      )}
      {asking === 'cancel' && newest !== undefined && (
        <ChangeDialog
          danger
          whyNeeded
          title={said.cancelTitle}
          what={said.cancelWhat}
          does={said.doCancel}
          onDo={async (comment) => {
            await call('POST /api/admin/backfills/{backfill_id}/cancel', {
              path: { backfill_id: newest.id },
              body: { comment },
            });
            await settle(said.cancelled);
          }}
          onClose={() => setAsking(undefined)}
        />
      )}
    </section>
  );
}

function Standing({ backfill, runs }: { readonly backfill: Backfill; readonly runs: boolean }) {
  const { backfill: said } = words.flagAccess;
  const { state, reason, total, done, unlocked, relocked, failed, time_left, started_at, finished_at } = backfill;
  const rate = rateOf(backfill);
  const numbers = [
    said.looked(Number(done), total === undefined ? undefined : Number(total)),
    said.unlocked(Number(unlocked)),
    Number(relocked) > 0 ? said.relocked(Number(relocked)) : '',
    runs && rate !== undefined ? said.rate(rate) : '',
    runs && time_left !== undefined ? said.left(Number.parseFloat(time_left)) : '',
  ].filter((text) => text !== '');
  return (
    <>
      {runs ? (
        <p>
          {said.running} <span className="soft">{said.meanwhile}</span>
        </p>
      ) : (
        <p>
          {said.states[state]}
          {finished_at !== undefined && (
            <>
              {' '}
              <Moment at={finished_at} />
            </>
          )}
        </p>
      )}
      {runs && (
        <progress
          aria-label={said.name}
          {...(total === undefined || started_at === undefined
            ? {}
            : { max: Math.max(1, Number(total)), value: Number(done) })}
        />
      )}
      <p className="backfill-numbers numbers">
        {runs && `${said.states[state]} · `}
        {numbers.join(' · ')}
        {reason !== 'BACKFILL_REASON_UNSPECIFIED' && ` · ${said.since(said.reasons[reason])}`}
      </p>
      {Number(failed) > 0 && <p className="field-fault">{said.failed(Number(failed))}</p>}
    </>
  );
}

const SECOND_MS = 1_000;

/** How many are looked at in a second, so far; undefined before there is a pace. */
function rateOf({ started_at, done }: Backfill): number | undefined {
  if (started_at === undefined) return undefined;
  const seconds = (serverNow() - Date.parse(started_at)) / SECOND_MS;
  return seconds < 1 || Number(done) === 0 ? undefined : Math.round(Number(done) / seconds);
}
