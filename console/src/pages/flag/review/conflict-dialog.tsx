import { useState } from 'react';
import type { FeatureFlag } from '../../../../../src/protocol/gen/admin-json.js';
import { contentOf, type FlagContent } from '../../../draft/flag-content.js';
import type { DraftBase, FlagDraft } from '../../../draft/flag-draft.js';
import { pointerSteps } from '../../../draft/json.js';
import { mergeFlags, type Side } from '../../../draft/merge-flags.js';
import { MergeDialog } from '../../../parts/drafting/merge-dialog.js';
import { words } from '../../../words/flag-words.js';
import { valueInWords } from './change-words.js';

export interface ConflictDialogProps {
  readonly draft: FlagDraft;
  /** As it is saved by now. */
  readonly flag: FeatureFlag;
  readonly onClose: () => void;
  readonly onMerge: (base: DraftBase, choices: ReadonlyMap<string, Side>) => void;
}

/** What somebody else has saved meanwhile, beside the draft: only what both have changed needs a choice. */
export default function ConflictDialog({ draft, flag, onClose, onMerge }: ConflictDialogProps) {
  const [choices, setChoices] = useState<ReadonlyMap<string, Side>>(new Map());
  const theirs = contentOf(flag, draft.now.flag);
  const { conflicts } = mergeFlags(draft.base.content, theirs, draft.now.flag, choices);
  const merge = () => onMerge({ key: flag.key, id: flag.id, version: flag.version, content: theirs }, choices);
  return (
    <MergeDialog
      title={words.flag.conflictTitle}
      conflicts={conflicts}
      nameOf={(place) => placeInWords(place, draft.now.flag, theirs)}
      wordsOf={valueInWords}
      onChoose={(place, side) => setChoices(new Map([...choices, [place, side]]))}
      onMerge={merge}
      onClose={onClose}
    />
  );
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
