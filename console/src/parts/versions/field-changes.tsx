import type { FieldChange } from '../../../../src/protocol/gen/admin-json.js';
import { percentage } from '../../draft/values/percentage.js';
import { words } from '../../words/versions-words.js';
import { localTime } from '../time/instant.js';
import { fieldsOf } from './fields-of.js';
import { RuleSaid, ruleAt, rulesAt } from './rule-said.js';
import './field-changes.css';

/** In what two states differ, a row for each field. */
export function FieldChanges({ changes }: { readonly changes: readonly FieldChange[] }) {
  const { difference } = words.versions;
  return (
    <table className="field-changes">
      <thead>
        <tr>
          <th scope="col">{difference.field}</th>
          <th scope="col">{difference.before}</th>
          <th scope="col">{difference.after}</th>
        </tr>
      </thead>
      <tbody>
        {changes.flatMap(fieldsOf).map(({ place, before, after }) => (
          <tr key={place.join('/')}>
            <th scope="row">
              <bdi>{place.length === 0 ? difference.whole : place.map(placeText).join(' › ')}</bdi>
            </th>
            <td data-label={difference.before}>
              <Value place={place} value={before} />
            </td>
            <td data-label={difference.after}>
              <Value place={place} value={after} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Lists are counted from one, as in sentences. */
function placeText(step: string): string {
  return /^\d+$/.test(step) ? String(Number(step) + 1) : step;
}

function Value({ place, value }: { readonly place: readonly string[]; readonly value: unknown }) {
  const name = place.at(-1);
  if (value === undefined || value === null)
    return <span className="field-nothing">{words.versions.difference.nothing}</span>;
  const instant = instantOf(name, value);
  if (instant !== undefined) return <span className="numbers">{localTime(instant)}</span>;
  if (name === 'rollout' && place.at(-3) === 'rules' && typeof value === 'number')
    return <span className="numbers">{`${percentage(value)} %`}</span>;
  const rule = ruleAt(place, value);
  const rules = rule === undefined ? rulesAt(place, value) : [rule];
  if (rules !== undefined && rules.length > 0) return rules.map((each, i) => <RuleSaid key={i} rule={each} />);
  // What an access row says is words.
  if (place[0] === 'access' && typeof value === 'string') return <bdi>{value}</bdi>;
  return (
    <code>
      <bdi>{JSON.stringify(value, undefined, 2)}</bdi>
    </code>
  );
}

/** What fields of stored states and of the API hold instants by these names; values of variants and attributes may be called so, too. */
const STORED_INSTANT = /^\w+At$/;
const API_INSTANT = /^\w+_at$/;
/** The year 2000: before it, a number is hardly an instant. */
const EARLIEST = 946_684_800_000;
const TIMESTAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/;

/** The instant that a field holds; undefined where it holds none. Stored states have epoch milliseconds. */
function instantOf(name: string | undefined, value: unknown): Date | undefined {
  if (name === undefined) return undefined;
  const holds =
    (typeof value === 'number' && value > EARLIEST && STORED_INSTANT.test(name)) ||
    (typeof value === 'string' && TIMESTAMP.test(value) && API_INSTANT.test(name));
  const instant = new Date(holds ? (value as number | string) : Number.NaN);
  return Number.isNaN(instant.getTime()) ? undefined : instant;
}
