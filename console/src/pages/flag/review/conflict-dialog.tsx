import { useState } from 'react';
import type { AccessRow, FeatureFlag } from '../../../../../src/protocol/gen/admin-json.js';
import { contentOf, type FlagContent } from '../../../draft/flag/flag-content.js';
import type { DraftBase, FlagDraft } from '../../../draft/flag/flag-draft.js';
import { mergeFlags, type Side } from '../../../draft/flag/merge-flags.js';
import { type ChangedRows, mergeRows, rowKey } from '../../../draft/flag/merge-rows.js';
import { saysOf } from '../../../draft/flag/rows.js';
import { pointerSteps } from '../../../draft/values/json.js';
import { MergeDialog } from '../../../parts/drafting/merge-dialog.js';
import { rowText } from '../../../parts/ladder/row-text.js';
import { words } from '../../../words/flag-access-words.js';
import { valueInWords } from './change-words.js';

export interface ConflictDialogProps {
  readonly draft: FlagDraft;
  /** As it is saved by now. */
  readonly flag: FeatureFlag;
  /** The rows of the draft that somebody has changed meanwhile, as the server has told when it refused them. */
  readonly rows: ChangedRows | undefined;
  readonly onClose: () => void;
  readonly onMerge: (base: DraftBase, choices: ReadonlyMap<string, Side>) => void;
}

/** What somebody else has saved meanwhile, beside the draft: only what both have changed needs a choice. */
export default function ConflictDialog({ draft, flag, rows, onClose, onMerge }: ConflictDialogProps) {
  const [choices, setChoices] = useState<ReadonlyMap<string, Side>>(new Map());
  const theirs = contentOf(flag, draft.now.flag);
  const { conflicts } = mergeFlags(draft.base.content, theirs, draft.now.flag, choices);
  const ofRows = mergeRows(draft.now.rows, rows, choices).conflicts;
  const merge = () => onMerge({ key: flag.key, id: flag.id, version: flag.version, content: theirs }, choices);
  return (
    <MergeDialog
      title={words.flag.conflictTitle}
      conflicts={[...conflicts, ...ofRows]}
      nameOf={(place) => rowAt(place, draft) ?? placeInWords(place, draft.now.flag, theirs)}
      wordsOf={(field, value) =>
        field === 'access' ? rowSays(value as AccessRow | undefined) : valueInWords(field, value)
      }
      onChoose={(place, side) => setChoices(new Map([...choices, [place, side]]))}
      onMerge={merge}
      onClose={onClose}
    />
  );
}

function rowSays(row: AccessRow | undefined): string {
  const { noRow, says } = words.flagAccess.rows;
  return row === undefined ? noRow : says[saysOf(row)];
}

/** Whom the row is for whose conflict stands there; undefined for what is none of a row. */
function rowAt(place: string, draft: FlagDraft): string | undefined {
  const [first, key] = pointerSteps(place);
  const pending = first === 'access' ? draft.now.rows.find(({ row }) => rowKey(row) === key) : undefined;
  return pending && `${words.flag.lines.rows}: ${rowText(pending.row)}`;
}

/** `/rules/ten/rollout` as the operator knows it. */
function placeInWords(place: string, yours: FlagContent, theirs: FlagContent): string {
  const { fields, lines } = words.flag;
  const [first = '', second, third] = pointerSteps(place);
  if (first !== 'rules') {
    const name = fields[first as keyof typeof fields] ?? first;
    return second === undefined ? name : `${name}: ${second}`;
  }
  if (second === undefined) return words.flag.diff.order;
  const rule = [...yours.rules, ...theirs.rules].find(({ key }) => key === second);
  const name = rule?.name || second;
  return third === undefined ? `${lines.rules}: ${name}` : `${name}: ${fields[third as keyof typeof fields] ?? third}`;
}
