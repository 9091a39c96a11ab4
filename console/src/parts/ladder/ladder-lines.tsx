import type { ReactNode } from 'react';
import type {
  ExplainedPrerequisite,
  ExplainedRow,
  ExplainedStanding,
  Explanation,
} from '../../../../src/protocol/gen/admin-json.js';
import { BlockedIcon, DoneIcon, OffIcon } from '../../ui/icons.js';
import { words } from '../../words/ladder-words.js';
import { withLocalInstants } from '../time/instant.js';
import { Moment } from '../time/moment.js';
import { rowText } from './row-text.js';

export interface PrerequisiteLinesProps {
  readonly prerequisites: readonly ExplainedPrerequisite[];
  readonly linkTo: ((flag: string) => ReactNode) | undefined;
  /** Draws the order of evaluation of one of them. */
  readonly ladderOf: (flag: string, explanation: Explanation) => ReactNode;
}

/** The flags that a flag requires, each with its own order of evaluation in place. */
export function PrerequisiteLines({ prerequisites, linkTo, ladderOf }: PrerequisiteLinesProps) {
  const { prerequisite } = words.ladder;
  return (
    <ul className="ladder-list">
      {prerequisites.map((each) => {
        const Icon = each.met ? DoneIcon : OffIcon;
        return (
          <li key={each.flag_key} data-met={each.met ? '' : undefined} data-reached={each.reached ? '' : undefined}>
            <p className="ladder-item">
              <Icon aria-hidden />
              <code>{each.flag_key}</code>
              {each.variant !== '' && <span>{prerequisite.variant(each.variant)}</span>}
              <span>{each.met ? prerequisite.met : prerequisite.unmet}</span>
              {!each.reached && <span className="tree-note">{words.ladder.notReached}</span>}
              {linkTo?.(each.flag_key)}
            </p>
            {each.explanation !== undefined && each.explanation.lines.length > 0 && (
              <details className="ladder-inner" open={each.reached && !each.met}>
                <summary>{prerequisite.why(each.flag_key)}</summary>
                {each.explanation.sentence !== '' && <p>{withLocalInstants(each.explanation.sentence)}</p>}
                {ladderOf(each.flag_key, each.explanation)}
              </details>
            )}
          </li>
        );
      })}
    </ul>
  );
}

/** The access rows that are for the person, and what becomes of each. */
export function RowLines({ rows }: { readonly rows: readonly ExplainedRow[] }) {
  const { row: said } = words.ladder;
  return (
    <ul className="ladder-list">
      {rows.map(({ row, standing, through }) => {
        if (row === undefined) return null;
        const denies = row.effect === 'DENY';
        const Icon = denies ? BlockedIcon : DoneIcon;
        return (
          <li key={JSON.stringify(row)} data-decides={standing === 'DECIDES' ? '' : undefined}>
            <p className="ladder-item" data-effect={denies ? 'deny' : 'allow'}>
              <Icon aria-hidden />
              <strong>{denies ? said.deny : said.allow}</strong>
              <span>{rowText(row)}</span>
              {row.managed_by !== '' && <span className="tree-note">{said.by(row.managed_by)}</span>}
              {through.length > 1 && <span className="tree-note">{said.through(through)}</span>}
              <span className="tree-note">{said.standings[standing]}</span>
            </p>
          </li>
        );
      })}
    </ul>
  );
}

/** What the ledger says of the flag as a whole, and of rules that are gone. */
export function KeptLines({ kept }: { readonly kept: readonly ExplainedStanding[] }) {
  return (
    <ul className="ladder-list">
      {kept.map((standing) => (
        <li key={`${standing.rule_id} ${standing.earned_by}`}>
          <StandingText standing={standing} />
        </li>
      ))}
    </ul>
  );
}

/** What a ledger says, since when, and whether it counts. */
export function StandingText({ standing }: { readonly standing: ExplainedStanding }) {
  const { kept } = words.ladder;
  const { state, earned_at, counts } = standing;
  const name = {
    STATE_UNSPECIFIED: '',
    STATE_UNLOCKED: kept.unlocked,
    STATE_GRANTED: kept.granted,
    STATE_REVOKED: kept.revoked,
  }[state];
  return (
    <p className="ladder-item">
      <strong>{name}</strong>
      {earned_at !== undefined && <Moment at={earned_at} />}
      {state !== 'STATE_REVOKED' && <span className="tree-note">{counts ? kept.counts : kept.countsNot}</span>}
    </p>
  );
}
