import type { RowSays } from '../../../draft/flag/rows.js';
import { Button, IconButton } from '../../../ui/button.js';
import { CloseIcon } from '../../../ui/icons.js';
import { words } from '../../../words/flag-access-words.js';

export interface SelectedRowsProps {
  readonly count: number;
  readonly onSay: (says: RowSays) => void;
  readonly onRemove: () => void;
  readonly onClear: () => void;
}

/** What can be done with all rows that are picked. */
export function SelectedRows({ count, onSay, onRemove, onClear }: SelectedRowsProps) {
  const { rows: said } = words.flagAccess;
  return (
    <div className="rows-selected" role="toolbar" aria-label={said.selected(count)}>
      <span className="numbers" role="status">
        {said.selected(count)}
      </span>
      <Button onClick={() => onSay('ALLOW')}>{said.allow}</Button>
      <Button onClick={() => onSay('DENY')}>{said.deny}</Button>
      <Button onClick={onRemove}>{said.remove}</Button>
      <IconButton label={said.unselect} icon={<CloseIcon aria-hidden />} onClick={onClear} />
    </div>
  );
}
