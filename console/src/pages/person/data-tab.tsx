import type { ReactNode } from 'react';
import type { GetUserResponse } from '../../../../src/protocol/gen/admin-json.js';
import { RuleName } from '../../parts/ledger/rule-name.js';
import { useMay } from '../../parts/page/session-context.js';
import { Instant } from '../../parts/time/instant.js';
import { Moment } from '../../parts/time/moment.js';
import { words } from '../../words/people-words.js';
import { EraseButton } from './erase-button.js';
import { usePerson } from './queries/person-queries.js';
import { isObject } from './queries/person-search.js';

/** Everything that is stored about a person, and the way to erase it. */
export default function DataTab({ id }: { readonly id: string }) {
  const { data } = usePerson(id);
  const mayErase = useMay('DeleteUser');
  const said = words.person.data;
  if (data === undefined) return null;
  const attributes = data.user?.attributes ?? {};
  return (
    <section className="person-part data" aria-label={words.person.tabs.data}>
      <Part title={said.attributes}>
        {Object.keys(attributes).length === 0 ? (
          <p className="data-none">{said.noAttributes}</p>
        ) : (
          <Tree value={attributes} />
        )}
      </Part>
      <Part title={said.stages}>
        <Stages data={data} />
      </Part>
      <Part title={said.counters}>
        <Counters data={data} />
      </Part>
      <Part title={said.unlocks}>
        <Unlocks data={data} />
      </Part>
      <p className="panel-foot">{said.revision(data.revision)}</p>
      {mayErase && <EraseButton id={id} />}
    </section>
  );
}

function Part({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <section className="data-part" aria-label={title}>
      <h2>{title}</h2>
      {children}
    </section>
  );
}

/** A stored object, name by name; what is nested stands below its name. */
function Tree({ value }: { readonly value: Readonly<Record<string, unknown>> }) {
  return (
    <dl className="data-tree">
      {Object.entries(value).map(([name, each]) => (
        <div key={name}>
          <dt>
            <bdi>{name}</bdi>
          </dt>
          <dd>{isObject(each) ? <Tree value={each} /> : <code>{JSON.stringify(each)}</code>}</dd>
        </div>
      ))}
    </dl>
  );
}

function Stages({ data: { progress } }: { readonly data: GetUserResponse }) {
  const reached = progress?.stages_reached ?? [];
  if (reached.length === 0) return <p className="data-none">{words.person.data.noStages}</p>;
  return (
    <ol className="data-stages">
      {reached.map(({ stage, reached_at }) => (
        <li key={stage} aria-current={stage === progress?.stage ? 'step' : undefined}>
          <strong>
            <bdi>{stage}</bdi>
          </strong>{' '}
          {reached_at !== undefined && <Moment at={reached_at} distance={false} />}
        </li>
      ))}
    </ol>
  );
}

function Counters({ data: { action_totals } }: { readonly data: GetUserResponse }) {
  const { columns, noCounters, counters } = words.person.data;
  if (action_totals.length === 0) return <p className="data-none">{noCounters}</p>;
  return (
    <table className="people data-table" aria-label={counters}>
      <thead>
        <tr>
          <th>{columns.action}</th>
          <th className="number">{columns.count}</th>
          <th className="number">{columns.sum}</th>
          <th className="number">{columns.days}</th>
          <th>{columns.first}</th>
          <th>{columns.last}</th>
        </tr>
      </thead>
      <tbody>
        {action_totals.map((total) => (
          <tr key={total.action}>
            <td className="column-person">
              <code>{total.action}</code>
            </td>
            <td className="number numbers" data-label={columns.count}>
              {words.number(total.count)}
            </td>
            <td className="number numbers" data-label={columns.sum}>
              {words.number(total.sum)}
            </td>
            <td className="number numbers" data-label={columns.days}>
              {words.number(total.active_days)}
            </td>
            <td data-label={columns.first}>
              <Instant at={total.first_at} />
            </td>
            <td data-label={columns.last}>
              <Instant at={total.last_at} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Unlocks({ data: { unlocks } }: { readonly data: GetUserResponse }) {
  const { states, wholeFlag, noUnlocks } = words.person.data;
  if (unlocks.length === 0) return <p className="data-none">{noUnlocks}</p>;
  return (
    <ul className="data-stages">
      {unlocks.map(({ flag_id, flag_key, rule_id, state, earned_at }) => (
        <li key={`${flag_id} ${rule_id}`}>
          <strong>{flag_key === '' ? words.person.timeline.goneFlag : flag_key}</strong>{' '}
          <span>{rule_id === '' ? wholeFlag : <RuleName flag={flag_key} rule={rule_id} whole />}</span>{' '}
          <span>{states[state]}</span> {earned_at !== undefined && <Moment at={earned_at} distance={false} />}
        </li>
      ))}
    </ul>
  );
}
