import { Link } from '@tanstack/react-router';
import type { AuditEntry } from '../../../../src/protocol/gen/admin-json.js';
import { toldTo } from '../../parts/ledger/entry-text.js';
import { useSession } from '../../parts/page/session-context.js';
import { Instant } from '../../parts/time/instant.js';
import { words } from '../../words/today-words.js';

/** The last entries of the history, each leading to what it changed. */
export function RecentChanges({ entries }: { readonly entries: readonly AuditEntry[] }) {
  const session = useSession();
  const { changes: text } = words.today;
  return (
    <section className="today-part" aria-label={text.title}>
      <header className="today-head">
        <h2>{text.title}</h2>
        {entries.length > 0 && (
          <Link to="/history" search={{}} className="today-all">
            {text.all}
          </Link>
        )}
      </header>
      {entries.length === 0 ? (
        <p className="today-card today-quiet">{text.none}</p>
      ) : (
        <ul className="today-card today-changes">
          {entries.map((entry) => {
            const { id, comment, at } = entry;
            return (
              <li key={id}>
                <p>
                  <Link to="/history" search={{ entry: id }}>
                    <bdi>{toldTo(session, entry)}</bdi>
                  </Link>
                  {comment !== '' && (
                    <span className="soft">
                      {' '}
                      “<bdi>{comment}</bdi>”
                    </span>
                  )}
                </p>
                <Instant at={at} />
              </li>
            );
          })}
        </ul>
      )}
    </section>
  );
}
