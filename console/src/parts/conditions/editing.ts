import type { GetVocabularyResponse } from '../../../../src/protocol/gen/admin-json.js';
import type { ConditionEdit } from '../../draft/conditions/edit-conditions.js';
import type { NodeRemarks } from './remarks.js';

/** What the parts of the editor of conditions share. */
export interface Editing {
  readonly vocabulary: GetVocabularyResponse | undefined;
  readonly remarks: ReadonlyMap<string, NodeRemarks>;
  /** The node that the operator is at. */
  readonly selected: string;
  /** Edits, and moves the focus to the node that is selected by it; typing stays where it is. */
  readonly edit: (edit: ConditionEdit, typing?: boolean) => void;
  readonly select: (node: string) => void;
}
