import { Link } from '@tanstack/react-router';
import { words } from '../../words/flag-access-words.js';
import { Line } from './ladder.js';

/** Where access rows stand in the order of evaluation, with the way to them. */
export function RowsLine({ pending }: { readonly pending: number }) {
  const { rows: said } = words.flagAccess;
  return (
    <Line name={words.flag.lines.rows}>
      <div className="line-head">
        <p>
          {said.lineWhat}
          {pending > 0 && <span className="rule-mark">{said.pending(pending)}</span>}
        </p>
        <Link from="/flags/$key" to="/flags/$key" search={{ tab: 'access' }} className="button button-plain">
          {said.lineLink}
        </Link>
      </div>
    </Line>
  );
}
