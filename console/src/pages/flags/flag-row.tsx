import { Link } from '@tanstack/react-router';
import { memo } from 'react';
import type { FeatureFlag } from '../../../../src/protocol/gen/admin-json.js';
import { FlagStateMark } from '../../parts/flag-state.js';
import { Instant, withLocalInstants } from '../../parts/time/instant.js';
import { Checkbox, Switch } from '../../ui/field.js';
import { words } from '../../words/flags-words.js';
import type { ListedFlag } from './flag-list.js';

export interface FlagRowProps {
  readonly at: number;
  readonly listed: ListedFlag;
  readonly mayChange: boolean;
  readonly selected: boolean;
  readonly onSelect: (flags: readonly FeatureFlag[], on: boolean) => void;
  readonly onSwitch: (flag: FeatureFlag) => void;
}

/** More would make rows of different height. */
const TAGS_SHOWN = 2;

/** One flag. On narrow screens it is a card. */
export const FlagRow = memo(function FlagRow({ at, listed, mayChange, selected, onSelect, onSwitch }: FlagRowProps) {
  const { flag, state } = listed;
  const more = flag.tags.slice(TAGS_SHOWN);
  return (
    <tr data-at={at} aria-rowindex={at + 2} data-selected={selected ? '' : undefined}>
      <td className="column-select">
        {mayChange && (
          <Checkbox
            label={words.flags.select(flag.key)}
            checked={selected}
            className="row-focus"
            onChange={({ target }) => onSelect([flag], target.checked)}
          />
        )}
      </td>
      <td className="column-state">
        <FlagStateMark state={state} />
      </td>
      <td className="column-flag">
        <Link to="/flags/$key" params={{ key: flag.key }} className="flag-name" title={flag.name}>
          {flag.name}
        </Link>
        <code className="flag-key" title={flag.key}>
          {flag.key}
        </code>
      </td>
      <td className="column-who">
        <div className="flag-who" title={withLocalInstants(flag.sentence)}>
          {withLocalInstants(flag.sentence)}
        </div>
      </td>
      <td className="column-tags">
        <div className="flag-tags" title={flag.tags.join(', ')}>
          {flag.tags.slice(0, TAGS_SHOWN).map((tag) => (
            <span key={tag} className="tag">
              {tag}
            </span>
          ))}
          {more.length > 0 && <span className="tag">{words.flags.moreTags(more)}</span>}
        </div>
      </td>
      <td className="column-owner">
        <div className="flag-owner" title={flag.owner}>
          {flag.owner}
        </div>
      </td>
      <td className="column-changed">
        <Instant at={flag.updated_at} />
      </td>
      <td className="column-active">
        <Switch
          label={words.flags.switch(flag.key)}
          checked={flag.active === true}
          disabled={!mayChange || flag.archived === true}
          title={mayChange ? undefined : words.flags.notAllowed}
          // It changes when the server says so, after it was asked for in the dialog that opens.
          onChange={() => onSwitch(flag)}
        />
      </td>
    </tr>
  );
});
