import { call } from '../../api/api.js';
import { LedgerCause, LedgerKind } from '../../parts/ledger/ledger-entry.js';
import { RuleName } from '../../parts/ledger/rule-name.js';
import { More } from '../../parts/list/more.js';
import { usePaged } from '../../parts/list/paged.js';
import { PlainTable } from '../../parts/list/plain-table.js';
import { Failure } from '../../parts/page/failure.js';
import { Instant } from '../../parts/time/instant.js';
import { words } from '../../words/customers-words.js';
import { FlagName } from './flag-name.js';

/** How what stands came about: all that was ever unlocked for an organization and taken from it, the oldest first. */
export function OrganizationLedger({ id }: { readonly id: string }) {
  const { unlocks: text } = words.organization;
  const { data, error, refetch, ...pages } = usePaged(['organizations', id, 'unlocks'], (page_token, signal) =>
    call('GET /api/admin/organizations/{organization_id}/unlocks', {
      path: { organization_id: id },
      query: { page_token, page_size: 50 },
      signal,
    }),
  );
  if (data === undefined && error !== null) return <Failure error={error} onAgain={() => void refetch()} />;
  const entries = data?.pages.flatMap((page) => page.entries) ?? [];
  if (entries.length === 0) return null;
  return (
    <section className="page-part" aria-label={text.ledger}>
      <h2>{text.ledger}</h2>
      <PlainTable
        name={text.ledger}
        columns={[
          { key: 'flag', name: text.columns.flag },
          { key: 'of', name: text.columns.of },
          { key: 'what', name: text.columns.what },
          { key: 'through', name: text.columns.through },
          { key: 'at', name: text.columns.when },
        ]}
        rows={entries.map((entry, at) => ({
          // They are only ever added to, at the end.
          key: String(at),
          cells: {
            flag: <FlagName {...entry} />,
            of: (
              <span className="soft">
                {entry.rule_id === '' ? text.whole : <RuleName flag={entry.flag_key} rule={entry.rule_id} />}
              </span>
            ),
            what: <LedgerKind kind={entry.kind} />,
            through: <LedgerCause {...(entry.cause === undefined ? {} : { cause: entry.cause })} />,
            at: <Instant at={entry.recorded_at ?? entry.earned_at} />,
          },
        }))}
      />
      <More {...pages} />
    </section>
  );
}
