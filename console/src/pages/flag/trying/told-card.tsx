import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Block, FeatureFlag, GetRequirementsResponse } from '../../../../../src/protocol/gen/admin-json.js';
import { call } from '../../../api/api.js';
import { RequirementTree } from '../../../parts/ladder/requirement-tree.js';
import { Moment } from '../../../parts/time/moment.js';
import { Select } from '../../../ui/field.js';
import { DoneIcon, OffIcon } from '../../../ui/icons.js';
import { words } from '../../../words/flag-access-words.js';
import './told-card.css';

export interface ToldCardProps {
  readonly flag: FeatureFlag;
  /** The people whom the operator looks at. */
  readonly pinned: readonly string[];
}

/** Nobody has this id, so that the server tells what it tells of somebody of whom nothing is stored. */
const NOBODY = crypto.getRandomValues(new Uint32Array(4)).join('-');

/** What the flag asks of somebody in the words that they read themselves, no more: for those who are pinned, and for somebody new. */
export function ToldCard({ flag, pinned }: ToldCardProps) {
  const { told: said } = words.flagAccess;
  const [chosen, setChosen] = useState('');
  const user = pinned.includes(chosen) ? chosen : '';
  const { data, error } = useQuery({
    queryKey: ['user', user, 'told', flag.key, flag.version],
    queryFn: ({ signal }) =>
      call('GET /api/admin/users/{user_id}/requirements/{flag_key}', {
        path: { user_id: user === '' ? NOBODY : user, flag_key: flag.key },
        query: { as_people: true },
        signal,
      }),
    enabled: flag.archived !== true,
    placeholderData: keepPreviousData,
    retry: false,
  });
  if (flag.archived === true) return null;
  return (
    <section className="told" aria-label={said.title}>
      <h2>{said.title}</h2>
      <p className="field-hint">{said.what}</p>
      <Select
        label={said.who}
        value={user}
        options={[{ value: '', label: said.somebodyNew }, ...pinned.map((id) => ({ value: id, label: id }))]}
        onChoose={setChosen}
      />
      {flag.client_visible === false && <p className="told-hidden">{said.hidden}</p>}
      {error !== null && <p className="field-fault">{error.message}</p>}
      {data !== undefined && <Told told={data} />}
    </section>
  );
}

function Told({ told }: { readonly told: GetRequirementsResponse }) {
  const { told: said } = words.flagAccess;
  const { decision, blocked_by, rules, tiers } = told;
  const on = decision?.enabled === true;
  const Icon = on ? DoneIcon : OffIcon;
  const asked = rules.filter(
    ({ met, requirement }) =>
      !met && requirement !== undefined && requirement.label + requirement.fact + requirement.children.length !== '0',
  );
  return (
    <div className="told-body" aria-live="polite">
      <p className="told-standing" data-on={on ? '' : undefined}>
        <Icon aria-hidden />
        {on ? said.on : said.off}
      </p>
      {tiers?.reached !== undefined && tiers.reached.variant !== '' && <p>{said.has(tiers.reached.variant)}</p>}
      {tiers?.next !== undefined && tiers.next.variant !== '' && <p>{said.next(tiers.next.variant)}</p>}
      {blocked_by.map((block, i) => (
        <p key={i}>
          {blockText(block)}
          {block.until !== undefined && (
            <>
              {' '}
              {said.opens} <Moment at={block.until} />
            </>
          )}
        </p>
      ))}
      {asked.length > 1 && told.progress > 0 && told.progress < 1 && (
        <progress className="progress told-progress" value={told.progress} max={1} aria-label={said.progress} />
      )}
      {asked.length > 0 ? (
        <>
          <p className="soft">{asked.length === 1 ? said.oneWay : said.ways(asked.length)}</p>
          {asked.map(({ rule_id, requirement }) => (
            <RequirementTree key={rule_id} node={requirement!} />
          ))}
        </>
      ) : (
        !on && blocked_by.length === 0 && <p className="soft">{said.nothing}</p>
      )}
    </div>
  );
}

function blockText({ reason, label }: Block): string {
  const { blocked } = words.flagAccess.told;
  return reason === 'PREREQUISITE' ? blocked.PREREQUISITE(label) : blocked[reason];
}
