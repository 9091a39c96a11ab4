import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { Organization } from '../../../../src/protocol/gen/admin-json.js';
import { call } from '../../api/api.js';
import { isJsonObject, parsedJson } from '../../draft/values/json.js';
import { ChangeDialog, Tick } from '../../parts/change-dialog.js';
import { PlainTable } from '../../parts/list/plain-table.js';
import { useMay } from '../../parts/page/session-context.js';
import { Unanswered } from '../../parts/page/unanswered.js';
import { Instant } from '../../parts/time/instant.js';
import { Button } from '../../ui/button.js';
import { TextArea, TextField } from '../../ui/field.js';
import { Snippet } from '../../ui/page-states.js';
import { tell } from '../../ui/toasts.js';
import { words } from '../../words/customers-words.js';
import { useOrganization } from './use-organization.js';
import './data-tab.css';

/** What is stored of the organization as a whole: attributes and counters. */
export default function DataTab({ id }: { readonly id: string }) {
  const { data: text } = words.organization;
  const [editing, setEditing] = useState(false);
  const mayChange = useMay('SetOrganization');
  const { data, error, known, again } = useOrganization(id);
  if (!known) return <Unanswered error={error} onAgain={again} />;
  const organization = data?.organization;
  const { attributes = {}, time_zone = '', strict_roles = false, version = 0 } = organization ?? {};
  const totals = data?.action_totals ?? [];
  return (
    <>
      <div className="page-line">
        <p className="page-what">{text.what}</p>
        {mayChange && (
          <Button className="push" onClick={() => setEditing(true)}>
            {text.edit}
          </Button>
        )}
      </div>
      <section className="card" aria-label={text.about}>
        <dl className="facts">
          <dt>{text.timeZone}</dt>
          <dd>{time_zone === '' ? <span className="soft">{text.deploymentZone}</span> : time_zone}</dd>
          <dt>{text.strict}</dt>
          <dd>{strict_roles ? text.yes : text.no}</dd>
          <dt>{text.version}</dt>
          <dd>{words.number(version)}</dd>
        </dl>
      </section>
      <section className="page-part">
        <h2>{text.attributes}</h2>
        {Object.keys(attributes ?? {}).length === 0 ? (
          <p className="soft">{text.noAttributes}</p>
        ) : (
          <Snippet text={JSON.stringify(attributes, null, 2)} label={text.attributesOf(id)} />
        )}
      </section>
      <section className="page-part">
        <h2>{text.counters}</h2>
        {totals.length === 0 ? (
          <p className="soft">{text.noCounters}</p>
        ) : (
          <>
            <p className="page-what">{text.countersWhat}</p>
            <PlainTable
              name={text.counters}
              columns={[
                { key: 'action', name: text.counterColumns.action },
                { key: 'times', name: text.counterColumns.times, numbers: true },
                { key: 'sum', name: text.counterColumns.sum, numbers: true },
                { key: 'days', name: text.counterColumns.days, numbers: true },
                { key: 'last', name: text.counterColumns.last },
              ]}
              rows={totals.map(({ action, count, sum, active_days, last_at }) => ({
                key: action,
                cells: {
                  action: <bdi>{action}</bdi>,
                  times: words.number(count),
                  sum: words.number(sum),
                  days: words.number(active_days),
                  last: <Instant at={last_at} />,
                },
              }))}
            />
          </>
        )}
      </section>
      {editing && <EditData id={id} organization={organization} onClose={() => setEditing(false)} />}
    </>
  );
}

interface EditDataProps {
  readonly id: string;
  /** Undefined: nothing is stored of it yet. */
  readonly organization: Organization | undefined;
  readonly onClose: () => void;
}

function EditData({ id, organization, onClose }: EditDataProps) {
  const { data: text } = words.organization;
  const [json, setJson] = useState(JSON.stringify(organization?.attributes ?? {}, null, 2));
  const [zone, setZone] = useState(organization?.time_zone ?? '');
  const [strict, setStrict] = useState(organization?.strict_roles ?? false);
  // Of what is edited: what somebody else saves meanwhile is a conflict.
  const [version] = useState(organization?.version ?? 0);
  const queries = useQueryClient();
  const parsed = parsedJson(json);
  const attributes = isJsonObject(parsed) ? parsed : undefined;
  const unknownZone = zone.trim() !== '' && !isTimeZone(zone.trim());
  const save = async (comment: string): Promise<void> => {
    await call('PATCH /api/admin/organizations/{organization_id}', {
      path: { organization_id: id },
      query: { comment, expected_version: version },
      body: { attributes: attributes ?? {}, time_zone: zone.trim(), strict_roles: strict },
    });
    tell({ kind: 'done', title: text.saved });
    await queries.invalidateQueries({ queryKey: ['organizations'] });
  };
  return (
    <ChangeDialog
      wide
      title={text.editing}
      does={text.save}
      disabled={attributes === undefined || unknownZone}
      onDo={save}
      onClose={onClose}
    >
      <TextArea
        label={text.attributesField}
        className="attributes-field"
        spellCheck={false}
        value={json}
        faulty={attributes === undefined}
        {...(attributes === undefined && { hint: text.notJson })}
        onChange={({ target }) => setJson(target.value)}
      />
      <TextField
        label={text.zoneField}
        hint={text.zoneWhat}
        fault={unknownZone ? text.noZone : undefined}
        value={zone}
        autoComplete="off"
        spellCheck={false}
        onChange={({ target }) => setZone(target.value)}
      />
      <Tick
        label={words.organizations.strictRoles}
        hint={words.organizations.strictRolesWhat}
        checked={strict}
        onTick={setStrict}
      />
    </ChangeDialog>
  );
}

/** Whether a time zone is called so, as far as the browser knows them. */
function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }) !== undefined;
  } catch {
    return false;
  }
}
