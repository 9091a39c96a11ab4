import { Link } from '@tanstack/react-router';
import type { FunnelStage } from '../../../src/protocol/gen/admin-json.js';
import { words } from '../words/customers-words.js';
import { PlainTable } from './list/plain-table.js';
import './funnel.css';

const percent = new Intl.NumberFormat('en', { style: 'percent', maximumFractionDigits: 0 });

export interface FunnelProps {
  readonly stages: readonly FunnelStage[];
  /** Whose it is, for the pages of the stages; empty: everybody's. */
  readonly organization: string;
}

/** How far people come: a bar for each stage, of which the dark part is who is in it now, and the numbers beside it. */
export function Funnel({ stages, organization }: FunnelProps) {
  const { onboarding: text } = words;
  const first = stages.find(({ listed }) => listed)?.reached ?? 0;
  const most = Math.max(1, ...stages.map(({ reached }) => reached));
  return (
    <PlainTable
      name={text.table}
      columns={[
        { key: 'stage', name: text.columns.stage },
        { key: 'reached', name: text.columns.reached },
        { key: 'now', name: text.columns.now, numbers: true },
        { key: 'left', name: text.columns.left, numbers: true },
        { key: 'median', name: text.columns.median },
        { key: 'p90', name: text.columns.p90 },
      ]}
      rows={stages.map(({ stage, listed, reached, now, left, median_seconds, p90_seconds }) => ({
        key: stage,
        cells: {
          stage: (
            <>
              <Link to="/onboarding/$stage" params={{ stage }} search={organization === '' ? {} : { organization }}>
                <bdi>{stage}</bdi>
              </Link>
              {!listed && <span className="soft"> {text.unlisted}</span>}
            </>
          ),
          reached: (
            <div className="funnel-cell">
              <svg className="funnel-bar" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden>
                <rect className="funnel-reached" width={(100 * reached) / most} height={10} rx={0.6} />
                <rect className="funnel-now" width={(100 * now) / most} height={10} rx={0.6} />
              </svg>
              <span className="numbers">
                {words.number(reached)}
                {listed && first > 0 && <span className="soft"> {percent.format(reached / first)}</span>}
              </span>
            </div>
          ),
          now: words.number(now),
          left: words.number(left),
          median: durationOf(median_seconds),
          p90: durationOf(p90_seconds),
        },
      }))}
    />
  );
}

function durationOf(seconds: number | undefined) {
  const { onboarding: text } = words;
  return seconds === undefined ? <span className="soft">{text.unknownDuration}</span> : text.duration(seconds);
}
