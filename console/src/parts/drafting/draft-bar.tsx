import { Button, IconButton } from '../../ui/button.js';
import { RedoIcon, UndoIcon } from '../../ui/icons.js';
import { words } from '../../words/flag-words.js';
import { FloatingBar } from '../page/floating-bar.js';
import { useShortcuts } from '../page/shortcuts.js';
import './draft-bar.css';

export interface DraftBarProps {
  /** How many changes are not saved. */
  readonly changes: number;
  readonly draft: {
    readonly past: readonly unknown[];
    readonly undone: readonly unknown[];
  };
  /** What is said where somebody else has saved it meanwhile; undefined where nobody has. */
  readonly conflict: string | undefined;
  readonly mayPreview: boolean;
  /** Whether something is yet to be said before it can be previewed. */
  readonly unfinished: boolean;
  readonly onAction: (action: { readonly kind: 'undo' | 'redo' | 'discard' }) => void;
  readonly onPreview: () => void;
  readonly onReview: () => void;
  readonly onMerge: () => void;
}

/** What is not saved yet, and everything that can become of it: the one bar of the page. */
export function DraftBar(props: DraftBarProps) {
  const { changes, draft, conflict, mayPreview, unfinished, onAction, onPreview, onReview, onMerge } = props;
  const previewable = mayPreview && changes > 0 && !unfinished;
  const undo = () => onAction({ kind: 'undo' });
  const redo = () => onAction({ kind: 'redo' });
  useShortcuts([
    { keys: 'Mod+z', what: words.flag.keys.undo, here: true, command: true, run: undo },
    { keys: 'Mod+Shift+z', what: words.flag.keys.redo, here: true, command: true, run: redo },
    { keys: 'Mod+y', what: words.flag.keys.redo, here: true, run: redo },
    { keys: 'Mod+s', what: words.flag.keys.review, here: true, command: true, run: () => changes > 0 && onReview() },
    { keys: 'p', what: words.flag.keys.preview, here: true, command: true, run: () => previewable && onPreview() },
  ]);
  if (changes === 0 && draft.undone.length === 0 && draft.past.length === 0) return null;
  return (
    <FloatingBar role="region" aria-label={words.flag.changes(changes)}>
      <span className="floating-count numbers" role="status">
        {words.flag.changes(changes)}
      </span>
      {conflict !== undefined && changes > 0 && (
        <span className="draft-conflict">
          {conflict}
          <Button onClick={onMerge}>{words.flag.merge}</Button>
        </span>
      )}
      <IconButton
        label={words.flag.undo}
        icon={<UndoIcon aria-hidden />}
        disabled={draft.past.length === 0}
        onClick={undo}
      />
      <IconButton
        label={words.flag.redo}
        icon={<RedoIcon aria-hidden />}
        disabled={draft.undone.length === 0}
        onClick={redo}
      />
      {mayPreview && (
        <Button disabled={!previewable} onClick={onPreview}>
          {words.flag.preview}
        </Button>
      )}
      <Button kind="quiet" disabled={changes === 0} onClick={() => onAction({ kind: 'discard' })}>
        {words.flag.discard}
      </Button>
      <Button kind="primary" disabled={changes === 0} onClick={onReview}>
        {words.flag.review}
      </Button>
    </FloatingBar>
  );
}
