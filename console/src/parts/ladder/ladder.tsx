import type { ReactNode } from 'react';
import type { ExplainedLine, Explanation } from '../../../../src/protocol/gen/admin-json.js';
import { CheckIcon, ForwardIcon, MinusIcon } from '../../ui/icons.js';
import { words } from '../../words/ladder-words.js';
import { withLocalInstants } from '../time/instant.js';
import { KeptLines, PrerequisiteLines, RowLines } from './ladder-lines.js';
import { RuleLines } from './rule-lines.js';
import './ladder.css';

export interface LadderProps {
  /** The flag's key. */
  readonly flag: string;
  readonly explanation: Explanation;
  /** What stands beside a flag that this one requires: a link to its own explanation. */
  readonly linkTo?: (flag: string) => ReactNode;
}

/**
 * The order of evaluation of one flag for one person, line by line: what each finds, which one answers, and what stands below it. The
 * line that answers is open; where nothing lets the person in, the rules are, too, since what is missing stands there.
 */
export function Ladder({ flag, explanation, linkTo }: LadderProps) {
  const answering = explanation.lines.find(({ verdict }) => verdict === 'ANSWERS')?.line;
  return (
    <ol className="evaluation" aria-label={words.ladder.label(flag)}>
      {explanation.lines.map((line, i) => (
        <Line
          key={line.line}
          at={i + 1}
          line={line}
          open={line.line === answering || (line.line === 'RULES' && answering === 'OTHERWISE')}
        >
          {detailOf(line.line, explanation, linkTo)}
        </Line>
      ))}
    </ol>
  );
}

interface LineProps {
  readonly at: number;
  readonly line: ExplainedLine;
  readonly open: boolean;
  readonly children: ReactNode;
}

function Line({ at, line, open, children }: LineProps) {
  const { verdict } = line;
  const head = (
    <>
      <span className="ladder-at numbers" aria-hidden>
        {at}
      </span>
      <span className="ladder-name">{words.ladder.lines[line.line]}</span>
      <span className="ladder-says">
        {line.says === '' && verdict !== 'NOT_REACHED' ? words.ladder.untold : withLocalInstants(line.says)}
      </span>
      <Verdict verdict={verdict} />
    </>
  );
  return (
    <li className="ladder-line" data-verdict={verdict} aria-current={verdict === 'ANSWERS' ? 'true' : undefined}>
      {children === undefined ? (
        <div className="ladder-head">
          <span className="ladder-fold" aria-hidden />
          {head}
        </div>
      ) : (
        <details open={open}>
          <summary className="ladder-head">
            <ForwardIcon aria-hidden className="ladder-fold" />
            {head}
          </summary>
          <div className="ladder-detail">{children}</div>
        </details>
      )}
    </li>
  );
}

function Verdict({ verdict }: { readonly verdict: ExplainedLine['verdict'] }) {
  const { ladder } = words;
  if (verdict === 'ANSWERS')
    return (
      <strong className="ladder-verdict">
        <CheckIcon aria-hidden />
        {ladder.answers}
      </strong>
    );
  if (verdict === 'NOT_REACHED')
    return (
      <span className="ladder-verdict">
        <MinusIcon aria-hidden />
        {ladder.notReached}
      </span>
    );
  return <span className="unseen">{ladder.passes}</span>;
}

function detailOf(
  line: ExplainedLine['line'],
  explanation: Explanation,
  linkTo: LadderProps['linkTo'],
): ReactNode | undefined {
  const { prerequisites, rows, rules, kept } = explanation;
  if (line === 'PREREQUISITES' && prerequisites.length > 0)
    return (
      <PrerequisiteLines
        prerequisites={prerequisites}
        linkTo={linkTo}
        ladderOf={(flag, inner) => (
          <Ladder flag={flag} explanation={inner} {...(linkTo === undefined ? {} : { linkTo })} />
        )}
      />
    );
  if (line === 'ROWS' && rows.length > 0) return <RowLines rows={rows} />;
  if (line === 'RULES' && rules.length > 0) return <RuleLines rules={rules} />;
  if (line === 'KEPT' && kept.length > 0) return <KeptLines kept={kept} />;
  return undefined;
}
