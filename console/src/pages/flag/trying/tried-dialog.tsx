import type { ExplainedLine, TriedUser } from '../../../../../src/protocol/gen/admin-json.js';
import { isolated } from '../../../parts/isolated.js';
import { Ladder } from '../../../parts/ladder/ladder.js';
import { withLocalInstants } from '../../../parts/time/instant.js';
import { Dialog } from '../../../ui/dialog.js';
import { words as ofFlag } from '../../../words/flag-words.js';
import { words as ofLadder } from '../../../words/ladder-words.js';
import './tried-dialog.css';

export interface TriedDialogProps {
  readonly flag: string;
  readonly id: string;
  readonly tried: TriedUser;
  readonly onClose: () => void;
}

/** Why a draft comes out so for somebody: the order of evaluation with it, and in which lines it differs from what is saved. */
export default function TriedDialog({ flag, id, tried: { before, after }, onClose }: TriedDialogProps) {
  const { flag: said } = ofFlag;
  const changed = changedLines(before?.lines ?? [], after?.lines ?? []);
  return (
    <Dialog
      open
      wide
      onClose={onClose}
      title={said.whyTitle(flag, isolated(id))}
      what={withLocalInstants(after?.sentence ?? '')}
    >
      <section className="tried-changes" aria-label={said.againstStored}>
        <h3>{said.againstStored}</h3>
        {changed.length === 0 ? (
          <p>{said.sameAsStored}</p>
        ) : (
          <dl>
            {changed.map(({ line, was, is }) => (
              <div key={line}>
                <dt>{ofLadder.ladder.lines[line]}</dt>
                <dd>
                  <del>
                    <span className="unseen">{said.asStored}: </span>
                    {was}
                  </del>{' '}
                  <ins>
                    <span className="unseen">{said.withDraft}: </span>
                    {is}
                  </ins>
                </dd>
              </div>
            ))}
          </dl>
        )}
      </section>
      {after !== undefined && <Ladder flag={flag} explanation={after} />}
    </Dialog>
  );
}

interface ChangedLine {
  readonly line: ExplainedLine['line'];
  readonly was: string;
  readonly is: string;
}

function changedLines(before: readonly ExplainedLine[], after: readonly ExplainedLine[]): readonly ChangedLine[] {
  const said = (line: ExplainedLine | undefined): string =>
    [line?.says ?? '', line?.verdict === 'ANSWERS' ? ofLadder.ladder.answers : '']
      .filter((text) => text !== '')
      .join(' · ');
  return after.flatMap((line) => {
    const [was, is] = [said(before.find((each) => each.line === line.line)), said(line)];
    return was === is ? [] : [{ line: line.line, was, is }];
  });
}
