import { pointerSteps } from '../../draft/values/json.js';
import type { Conflict, Side } from '../../draft/values/merge-lists.js';
import { Button } from '../../ui/button.js';
import { Dialog } from '../../ui/dialog.js';
import { words } from '../../words/flag-words.js';
import './review.css';

export interface MergeDialogProps {
  /** What has been saved by somebody else: `Somebody saved this flag meanwhile`. */
  readonly title: string;
  readonly conflicts: readonly Conflict[];
  /** A place of a conflict as the operator knows it. */
  readonly nameOf: (place: string) => string;
  /** The value of a field in words. */
  readonly wordsOf: (field: string, value: unknown) => string;
  readonly onChoose: (place: string, side: Side) => void;
  readonly onMerge: () => void;
  readonly onClose: () => void;
}

/** What somebody else has saved meanwhile, beside the draft: only what both have changed needs a choice. */
export function MergeDialog(props: MergeDialogProps) {
  const { title, conflicts, nameOf, wordsOf, onChoose, onMerge, onClose } = props;
  return (
    <Dialog
      open
      wide
      mode="alert"
      onClose={onClose}
      title={title}
      what={conflicts.length === 0 ? words.flag.conflictNone : words.flag.conflictWhat}
      actions={
        <>
          <Button onClick={onClose}>{words.dialog.cancel}</Button>
          <Button kind="primary" onClick={onMerge}>
            {words.flag.takeOver}
          </Button>
        </>
      }
    >
      <div className="conflicts">
        {conflicts.map(({ place, base, theirs, yours, side }) => {
          const field = pointerSteps(place).at(-1)!;
          return (
            <fieldset key={place} className="conflict">
              <legend>{nameOf(place)}</legend>
              <p className="conflict-was">
                {words.flag.was}: {wordsOf(field, base)}
              </p>
              {(['theirs', 'yours'] as const).map((each) => (
                <label key={each}>
                  <input type="radio" name={place} checked={side === each} onChange={() => onChoose(place, each)} />
                  <span>
                    {words.flag[each]}: {wordsOf(field, each === 'theirs' ? theirs : yours)}
                  </span>
                </label>
              ))}
            </fieldset>
          );
        })}
      </div>
    </Dialog>
  );
}
