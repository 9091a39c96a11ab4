import { useState } from 'react';
import { call } from '../../api/api.js';
import { More } from '../../parts/list/more.js';
import { usePaged } from '../../parts/list/paged.js';
import { Unanswered } from '../../parts/page/unanswered.js';
import { NoticesIcon } from '../../ui/icons.js';
import { Notice } from '../../ui/page-states.js';
import { words } from '../../words/customers-words.js';
import { EntryList } from '../history/entry-list.js';
import '../history/history.css';

/** What was changed of the organization's roles and of its own rows, in words, each to be looked at and undone. */
export default function HistoryTab({ id }: { readonly id: string }) {
  const { history: text } = words.organization;
  const [open, setOpen] = useState<string>();
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
      <section className="history" aria-label={text.list}>
        <EntryList entries={entries} open={open} stale={false} onOpen={setOpen} />
      </section>
      <More hasNextPage={hasNextPage} {...pages} />
    </>
  );
}
