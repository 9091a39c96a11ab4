import { useState } from 'react';
import type { AccessRow, EvaluateResponse, OrganizationFlag } from '../../../../../src/protocol/gen/admin-json.js';
import { call } from '../../../api/api.js';
import { More } from '../../../parts/list/more.js';
import { usePaged } from '../../../parts/list/paged.js';
import { PlainTable } from '../../../parts/list/plain-table.js';
import { useMay } from '../../../parts/page/session-context.js';
import { Unanswered } from '../../../parts/page/unanswered.js';
import { Button } from '../../../ui/button.js';
import { DoneIcon, FlagIcon, OffIcon } from '../../../ui/icons.js';
import { Notice } from '../../../ui/page-states.js';
import { words } from '../../../words/customers-words.js';
import { AccessDialog } from './access-dialog.js';
import './features-tab.css';

/** The delegated flags as they stand for the organization: by role, with the rows that decide it. */
export default function FeaturesTab({ id }: { readonly id: string }) {
  const [edited, setEdited] = useState<OrganizationFlag>();
  const mayChange = useMay('SetFlag');
  const { data, error, refetch, ...pages } = usePaged(['organizations', id, 'flags'], (page_token, signal) =>
    call('GET /api/admin/organizations/{organization_id}/flags', {
      path: { organization_id: id },
      query: { page_token, page_size: 50 },
      signal,
    }),
  );
  if (data === undefined) return <Unanswered error={error} onAgain={() => void refetch()} />;
  const flags = data.pages.flatMap((page) => page.flags);
  if (flags.length === 0)
    return (
      <Notice icon={<FlagIcon />} title={words.organization.features.empty}>
        <p>{words.organization.features.emptyWhat}</p>
      </Notice>
    );
  return (
    <>
      <p className="page-what">{words.organization.features.what}</p>
      {flags.map((flag) => (
        <Feature key={flag.flag_key} flag={flag} onEdit={mayChange ? () => setEdited(flag) : undefined} />
      ))}
      <More {...pages} />
      {edited !== undefined && <AccessDialog id={id} flag={edited} onClose={() => setEdited(undefined)} />}
    </>
  );
}

function Feature({ flag, onEdit }: { readonly flag: OrganizationFlag; readonly onEdit: (() => void) | undefined }) {
  const { features } = words.organization;
  return (
    <section className="card" aria-label={flag.flag_key}>
      <header className="feature-head">
        <div>
          <h2>{flag.name}</h2>
          <code>{flag.flag_key}</code>
        </div>
        {onEdit !== undefined && (
          <Button onClick={onEdit} aria-label={`${features.edit}: ${flag.flag_key}`}>
            {features.edit}
          </Button>
        )}
      </header>
      <PlainTable
        name={features.table(flag.flag_key)}
        columns={[
          { key: 'role', name: features.columns.role },
          { key: 'result', name: features.columns.result },
          { key: 'platform', name: features.columns.platform },
        ]}
        rows={flag.verdicts.map(({ role, result, platform }) => ({
          key: role,
          cells: {
            role: role === '' ? features.everybody : <bdi>{role}</bdi>,
            result: <Verdict result={result} hasRules={flag.has_rules} />,
            platform:
              result?.enabled === platform?.enabled ? (
                <span className="soft">{features.same}</span>
              ) : (
                <OnOff on={platform?.enabled === true} />
              ),
          },
        }))}
      />
      <dl className="feature-rows">
        <RowsOf name={features.rows} rows={flag.own_rows} />
        {flag.platform_rows.length > 0 && <RowsOf name={features.platformRows} rows={flag.platform_rows} />}
      </dl>
      {flag.has_rules && <p className="soft">{features.rules}</p>}
    </section>
  );
}

/** Where no row decides and the flag has rules, a member has it as the rules say. */
function Verdict({ result, hasRules }: { readonly result: EvaluateResponse | undefined; readonly hasRules: boolean }) {
  if (result?.reason === 'REASON_DEFAULT' && hasRules)
    return <span className="soft">{words.organization.features.byRules}</span>;
  return <OnOff on={result?.enabled === true} />;
}

function OnOff({ on }: { readonly on: boolean }) {
  return (
    <span className="on-off" data-on={on ? '' : undefined}>
      {on ? <DoneIcon aria-hidden /> : <OffIcon aria-hidden />}
      {on ? words.organization.features.on : words.organization.features.off}
    </span>
  );
}

function RowsOf({ name, rows }: { readonly name: string; readonly rows: readonly AccessRow[] }) {
  const { features } = words.organization;
  return (
    <div>
      <dt>{name}</dt>
      <dd className="badges">
        {rows.length === 0 && <span className="soft">{features.noRows}</span>}
        {rows.map((row) => (
          <span
            key={`${row.role} ${row.organization_id}`}
            className="badge"
            data-tone={row.enabled === false ? undefined : row.effect === 'DENY' ? 'bad' : 'good'}
          >
            {row.effect === 'DENY' ? features.deny : features.allow}: <bdi>{targetOf(row)}</bdi>
            {row.enabled === false && ` (${features.inactive})`}
          </span>
        ))}
      </dd>
    </div>
  );
}

function targetOf({ role, organization_id }: AccessRow): string {
  if (role === '') return words.organization.features.whole;
  return organization_id === '' ? words.organization.features.everywhere(role) : role;
}
