import type { AuditEntry } from '../../../../src/protocol/gen/admin-json.js';
import { toldTo } from '../../parts/ledger/entry-text.js';
import { useSession } from '../../parts/page/session-context.js';
import { Instant } from '../../parts/time/instant.js';
import { DownIcon, UpIcon } from '../../ui/icons.js';
import { EntryDetails } from './entry-details.js';

export interface EntryListProps {
  readonly entries: readonly AuditEntry[];
  /** The id of the entry whose details are shown. */
  readonly open: string | undefined;
  /** Whether it is what other filters found. */
  readonly stale: boolean;
  readonly onOpen: (id: string | undefined) => void;
}

const dayName = new Intl.DateTimeFormat('en-GB', { dateStyle: 'full' });

/** Entries of the audit by day, newest first, each to be opened. */
export function EntryList({ entries, open, stale, onOpen }: EntryListProps) {
  const session = useSession();
  const days = Map.groupBy(entries, ({ at }) => (at === undefined ? '' : dayName.format(new Date(at))));
  return (
    <div className="history-days" aria-busy={stale}>
      {[...days].map(([day, ofDay]) => (
        <section key={day}>
          <h2 className="history-date">
            <time>{day}</time>
          </h2>
          <ul className="history-list">
            {ofDay.map((entry) => (
              <li key={entry.id} data-open={entry.id === open ? '' : undefined}>
                <button
                  type="button"
                  className="history-entry"
                  aria-expanded={entry.id === open}
                  onClick={() => onOpen(entry.id === open ? undefined : entry.id)}
                >
                  <span className="history-sentence">
                    <bdi>{toldTo(session, entry)}</bdi>
                    {entry.comment !== '' && (
                      <span className="history-comment">
                        “<bdi>{entry.comment}</bdi>”
                      </span>
                    )}
                  </span>
                  <Instant at={entry.at} />
                  {entry.id === open ? <UpIcon aria-hidden /> : <DownIcon aria-hidden />}
                </button>
                {entry.id === open && <EntryDetails id={entry.id} />}
              </li>
            ))}
          </ul>
        </section>
      ))}
    </div>
  );
}
