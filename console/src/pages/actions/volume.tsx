import { useQuery } from '@tanstack/react-query';
import { call } from '../../api/api.js';
import { words } from '../../words/customers-words.js';
import './volume.css';
import { serverNow } from '../../api/server-clock.js';

const DAYS = 30;
const DAY_MS = 24 * 60 * 60 * 1_000;

/** One action: how it is declared, and how often it was done. */
export function useAction(action: string, enabled = true) {
  return useQuery({
    queryKey: ['actions', 'volume', action],
    queryFn: ({ signal }) => call('GET /api/admin/actions/{action}', { path: { action }, signal }),
    staleTime: 60_000,
    enabled,
  });
}

/** Of how many actions from which one is derived the volume is shown. */
const MOST_SOURCES = 3;

/**
 * How often the actions were done of whose events some count as a derived one. Which of them count is told person by person, not by day: it may
 * hang on what came before.
 */
export function SourceVolumes({ from }: { readonly from: readonly string[] }) {
  const { actions: text } = words;
  return (
    <div className="volume-sources">
      <span className="soft">{text.ofSources}</span>
      {from.slice(0, MOST_SOURCES).map((source) => (
        <div key={source}>
          <bdi className="soft">{source}</bdi>
          <Volume action={source} brief />
        </div>
      ))}
      {from.length > MOST_SOURCES && <span className="soft">{text.moreSources(from.length - MOST_SOURCES)}</span>}
    </div>
  );
}

/** How often an action was done on each of the last thirty days, in bars, and altogether; `brief`: where it never was, by a number, too. */
export function Volume({ action, brief = false }: { readonly action: string; readonly brief?: boolean }) {
  const { actions: text } = words;
  const { data, error } = useAction(action);
  if (error !== null) return <span className="soft">{error.message}</span>;
  if (data === undefined) return null;
  if (data.times === 0) return <span className="soft numbers">{brief ? words.number(0) : text.never}</span>;
  const times = new Map(data.days.map((each) => [each.day, each.times]));
  const most = Math.max(1, ...times.values());
  const today = serverNow();
  const bars = Array.from({ length: DAYS }, (_, at) => {
    const day = new Date(today - (DAYS - 1 - at) * DAY_MS).toISOString().slice(0, 10);
    return { day, height: (18 * (times.get(day) ?? 0)) / most };
  });
  return (
    <span className="volume">
      <svg viewBox={`0 0 ${DAYS * 4} 20`} role="img" aria-label={text.chart(action, data.times)}>
        {bars.map(({ day, height }, at) => (
          <rect
            key={day}
            x={at * 4}
            y={20 - Math.max(height, 0.75)}
            width={3}
            height={Math.max(height, 0.75)}
            rx={0.75}
          />
        ))}
      </svg>
      <span className="numbers">{words.number(data.times)}</span>
    </span>
  );
}
