import { useState } from 'react';
import type { AccessRow } from '../../../../../src/protocol/gen/admin-json.js';
import { platformRow, type RowSays } from '../../../draft/flag/rows.js';
import { ChangeDialog } from '../../../parts/change-dialog.js';
import { PeopleList } from '../../../parts/people-lines/people-list.js';
import { SelectField } from '../../../ui/field.js';
import { words } from '../../../words/flag-access-words.js';

export interface PasteDialogProps {
  /** Gives whether there was room for them. */
  readonly onAdd: (rows: readonly AccessRow[]) => boolean;
  readonly onClose: () => void;
}

/** Rows for a list of people, who are looked up before they come into the draft. */
export function PasteDialog({ onAdd, onClose }: PasteDialogProps) {
  const { paste, rows: said } = words.flagAccess;
  const [ids, setIds] = useState<readonly string[]>([]);
  const [says, setSays] = useState<RowSays>('ALLOW');
  return (
    <ChangeDialog
      wide
      whyless
      title={paste.title}
      what={paste.what}
      does={paste.does(ids.length)}
      disabled={ids.length === 0}
      onDo={() => {
        const rows = ids.map((user_id) => platformRow({ user_id }, says));
        return onAdd(rows) ? Promise.resolve() : Promise.reject(new Error(said.full(1_000)));
      }}
      onClose={onClose}
    >
      <PeopleList onPeople={setIds} />
      <SelectField
        className="paste-says"
        label={said.effect}
        value={says}
        options={Object.entries(said.says).map(([value, label]) => ({ value, label }))}
        onChoose={(value) => setSays(value as RowSays)}
      />
    </ChangeDialog>
  );
}
