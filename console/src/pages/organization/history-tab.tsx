import { call } from '../../api/api.js';
import { actorTo, toldTo } from '../../parts/ledger/entry-text.js';
import { More } from '../../parts/list/more.js';
import { usePaged } from '../../parts/list/paged.js';
import { useSession } from '../../parts/page/session-context.js';
import { Unanswered } from '../../parts/page/unanswered.js';
import { Moment } from '../../parts/time/moment.js';
import { NoticesIcon } from '../../ui/icons.js';
import { Notice } from '../../ui/page-states.js';
import { words } from '../../words/customers-words.js';
import './history-tab.css';

/** What was changed of the organization's roles and of its own rows, in words. */
export default function HistoryTab({ id }: { readonly id: string }) {
  const { history: text } = words.organization;
  const session = useSession();
  const { data, error, refetch, hasNextPage, ...pages } = usePaged(
    ['organizations', id, 'audit'],
    (page_token, signal) =>
      call('GET /api/admin/organizations/{organization_id}/audit', {
        path: { organization_id: id },
        query: { page_token, page_size: 50 },
        signal,
      }),
  );
  if (data === undefined) return <Unanswered error={error} onAgain={() => void refetch()} />;
  const entries = data.pages.flatMap((page) => page.entries);
  if (entries.length === 0 && !hasNextPage)
    return (
      <Notice icon={<NoticesIcon />} title={text.empty}>
        <p>{text.emptyWhat}</p>
      </Notice>
    );
  return (
    <>
      <p className="page-what">{text.what}</p>
      <ol className="history" aria-label={text.list}>
        {entries.map((entry) => (
          <li key={entry.id}>
            <p>{entry.sentence === '' ? entry.action : toldTo(session, entry)}</p>
            {entry.comment !== '' && <p className="soft">{text.because(entry.comment)}</p>}
            <p className="history-by">
              <Moment at={entry.at} /> {text.by(actorTo(session, entry))}
            </p>
          </li>
        ))}
      </ol>
      <More hasNextPage={hasNextPage} {...pages} />
    </>
  );
}
