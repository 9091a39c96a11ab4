import { keepPreviousData, useQueries, useQuery } from '@tanstack/react-query';
import type { GetVocabularyResponse } from '../../../../src/protocol/gen/admin-json.js';
import { call } from '../../api/api.js';
import { EARNED_BY, type EarnedBy, LONGEST_ITEM, type NewFlag, type NewFlagFault } from '../../draft/new-flag.js';
import { readPercentage } from '../../draft/values/percentage.js';
import { useDebounced } from '../../parts/list/use-debounced.js';
import { useMay } from '../../parts/page/session-context.js';
import { SelectField, TextField } from '../../ui/field.js';
import { words } from '../../words/new-flag-words.js';
import { ItemsField } from './items-field.js';

export interface WhoDetailsProps {
  readonly flag: NewFlag;
  readonly vocabulary: GetVocabularyResponse | undefined;
  /** What is wrong, once that may be said. */
  readonly faults: readonly NewFlagFault[];
  readonly onChange: (fields: Partial<NewFlag>) => void;
}

/** What the choice of who should have it needs besides. */
export function WhoDetails(props: WhoDetailsProps) {
  const { flag, vocabulary, faults, onChange } = props;
  switch (flag.who) {
    case 'share': {
      const read = readPercentage(flag.share);
      return (
        <TextField
          label={words.newFlag.share}
          className="field-short"
          value={flag.share}
          inputMode="decimal"
          autoComplete="off"
          fault={'fault' in read ? words.newFlag.shareFaults[read.fault] : undefined}
          after={<span aria-hidden>%</span>}
          onChange={({ target }) => onChange({ share: target.value })}
        />
      );
    }
    case 'roles': {
      const known = vocabulary?.roles.map(({ name }) => name) ?? [];
      const isKnown = (role: string) =>
        vocabulary === undefined || vocabulary.cut.includes('roles') || known.includes(role);
      return (
        <ItemsField
          label={words.newFlag.roles}
          hint={words.newFlag.rolesHint}
          items={flag.roles}
          maxLength={LONGEST_ITEM.roles}
          offered={known}
          remarkOf={(role) => <Remark shown={!isKnown(role)} text={words.newFlag.unknownRole} />}
          fault={faults.includes('roles') ? words.newFlag.needOne : undefined}
          typed={flag.typed}
          onTyped={(typed) => onChange({ typed })}
          onItems={(roles) => onChange({ roles })}
        />
      );
    }
    case 'organizations':
      return <Organizations {...props} />;
    case 'people':
      return <People {...props} />;
    case 'earned':
      return <Earned {...props} />;
    default:
      return null;
  }
}

function Remark({ shown, text }: { readonly shown: boolean; readonly text: string }) {
  return shown ? <small>{text}</small> : null;
}

function Organizations({ flag, faults, onChange }: WhoDetailsProps) {
  const may = useMay('ListOrganizations');
  const q = useDebounced(flag.typed.trim());
  const ask = (text: string, page_size: number) => ({
    queryKey: ['organizations', 'offered', text, page_size],
    queryFn: ({ signal }: { readonly signal: AbortSignal }) =>
      call('GET /api/admin/organizations', { query: { page_size, q: text }, signal }),
    enabled: may,
    staleTime: 60_000,
  });
  const { data } = useQuery({ ...ask(q, 20), placeholderData: keepPreviousData });
  const each = useQueries({ queries: flag.organizations.map((id) => ask(id, 1)) });
  return (
    <ItemsField
      label={words.newFlag.organizations}
      hint={words.newFlag.organizationsHint}
      items={flag.organizations}
      maxLength={LONGEST_ITEM.organizations}
      offered={data?.organizations.map(({ id }) => id) ?? []}
      remarkOf={(id) => {
        const found = each[flag.organizations.indexOf(id)]?.data;
        const isUnknown = found !== undefined && found.organizations[0]?.id !== id;
        return <Remark shown={isUnknown} text={words.newFlag.unknownOrganization} />;
      }}
      fault={faults.includes('organizations') ? words.newFlag.needOne : undefined}
      typed={flag.typed}
      onTyped={(typed) => onChange({ typed })}
      onItems={(organizations) => onChange({ organizations })}
    />
  );
}

function People({ flag, faults, onChange }: WhoDetailsProps) {
  const may = useMay('ListUsers');
  const q = useDebounced(flag.typed.trim());
  const ask = (text: string, page_size: number) => ({
    queryKey: ['users', 'offered', text, page_size],
    queryFn: ({ signal }: { readonly signal: AbortSignal }) =>
      call('GET /api/admin/users', { query: { page_size, q: text }, signal }),
    enabled: may,
    staleTime: 60_000,
  });
  const { data } = useQuery({ ...ask(q, 20), placeholderData: keepPreviousData });
  // With the id as the text, whoever has just that id comes first.
  const each = useQueries({ queries: flag.people.map((id) => ask(id, 1)) });
  return (
    <ItemsField
      label={words.newFlag.people}
      hint={words.newFlag.peopleHint}
      items={flag.people}
      maxLength={LONGEST_ITEM.people}
      offered={data?.users.map(({ user_id }) => user_id) ?? []}
      remarkOf={(id) => {
        const found = each[flag.people.indexOf(id)]?.data;
        const isUnknown = found !== undefined && found.users[0]?.user_id !== id;
        return <Remark shown={isUnknown} text={words.newFlag.unknownPerson} />;
      }}
      fault={faults.includes('people') ? words.newFlag.needOne : undefined}
      typed={flag.typed}
      onTyped={(typed) => onChange({ typed })}
      onItems={(people) => onChange({ people })}
    />
  );
}

function Earned({ flag, vocabulary, faults, onChange }: WhoDetailsProps) {
  const stages = vocabulary?.stages.map(({ name }) => name) ?? [];
  const countFault = (field: 'times' | 'days') => (faults.includes(field) ? words.newFlag.wholeNumber : undefined);
  return (
    <>
      <SelectField
        label={words.newFlag.earnedBy}
        value={flag.earnedBy}
        options={EARNED_BY.map((value) => ({ value, label: words.newFlag.earnedBys[value] }))}
        onChoose={(earnedBy) => onChange({ earnedBy: earnedBy as EarnedBy })}
      />
      {flag.earnedBy === 'action' && (
        <div className="who-line">
          <TextField
            label={words.newFlag.action}
            hint={words.newFlag.actionHint}
            value={flag.action}
            maxLength={128}
            list="new-flag-actions"
            autoComplete="off"
            spellCheck={false}
            fault={faults.includes('action') ? words.newFlag.needAction : undefined}
            onChange={({ target }) => onChange({ action: target.value })}
          />
          <datalist id="new-flag-actions">
            {vocabulary?.actions.map(({ name }) => (
              <option key={name} value={name} />
            ))}
          </datalist>
          <TextField
            label={words.newFlag.times}
            className="field-short"
            value={flag.times}
            inputMode="numeric"
            autoComplete="off"
            fault={countFault('times')}
            onChange={({ target }) => onChange({ times: target.value })}
          />
        </div>
      )}
      {flag.earnedBy === 'days' && (
        <TextField
          label={words.newFlag.days}
          className="field-short"
          value={flag.days}
          inputMode="numeric"
          autoComplete="off"
          fault={countFault('days')}
          onChange={({ target }) => onChange({ days: target.value })}
        />
      )}
      {flag.earnedBy === 'stage' && (
        <TextField
          label={words.newFlag.stage}
          hint={stages.length === 0 ? words.newFlag.noStages : undefined}
          value={flag.stage}
          maxLength={64}
          list="new-flag-stages"
          autoComplete="off"
          spellCheck={false}
          fault={faults.includes('stage') ? words.newFlag.needStage : undefined}
          onChange={({ target }) => onChange({ stage: target.value })}
        />
      )}
      {flag.earnedBy === 'stage' && (
        <datalist id="new-flag-stages">
          {stages.map((name) => (
            <option key={name} value={name} />
          ))}
        </datalist>
      )}
      <p className="field-hint">{words.newFlag.earnedMore}</p>
    </>
  );
}
