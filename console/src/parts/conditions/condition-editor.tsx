import { useEffect, useRef, useState } from 'react';
import type { GetVocabularyResponse } from '../../../../src/protocol/gen/admin-json.js';
import { type ConditionTree, jsonOfTree } from '../../draft/conditions/condition-tree.js';
import { type ConditionEdit, NEW_LEAF } from '../../draft/conditions/edit-conditions.js';
import type { JsonValue } from '../../draft/values/json.js';
import type { Typing } from '../../draft/values/steps.js';
import { Button } from '../../ui/button.js';
import { AddIcon } from '../../ui/icons.js';
import { words } from '../../words/flag-words.js';
import type { JsonFault } from '../json-editor/json-editor.js';
import { JsonField } from '../json-editor/json-field.js';
import { ConditionNodeView } from './condition-node.js';
import type { Editing } from './editing.js';
import type { NodeRemarks } from './remarks.js';
import './conditions.css';

export interface ConditionEditorProps {
  readonly conditions: ConditionTree;
  /** The id of the node that the operator is at. */
  readonly selected: string | undefined;
  readonly vocabulary: GetVocabularyResponse | undefined;
  readonly remarks: ReadonlyMap<string, NodeRemarks>;
  /** What the server would refuse. */
  readonly faults: readonly JsonFault[];
  /** As deep as it stands on the page. */
  readonly heading?: 'h3' | 'h4';
  /** What is typed says so, with when it was, so that one undo takes back all of it. */
  readonly onEdit: (edit: ConditionEdit, typing: { readonly typing?: Typing }) => void;
  readonly onSelect: (node: string) => void;
}

/** Conditions as a tree, or as the JSON that they are: both edit the same draft. */
export function ConditionEditor(props: ConditionEditorProps) {
  const { conditions, selected, vocabulary, remarks, faults, heading: Heading = 'h4', onEdit, onSelect } = props;
  const [asJson, setAsJson] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  const moves = useRef(false);
  const { root } = conditions;
  const at = selected ?? root.id;
  // biome-ignore lint/correctness/useExhaustiveDependencies: after each edit, wherever it has led
  useEffect(() => {
    if (!moves.current) return;
    moves.current = false;
    const row = box.current?.querySelector<HTMLElement>(`[data-node="${CSS.escape(at)}"]`);
    const first = row?.hasAttribute('data-new') ? row.querySelector<HTMLElement>('select, input') : undefined;
    (first ?? row)?.focus();
  }, [at, conditions]);
  const edit = (made: ConditionEdit, typing = false) => {
    moves.current = !typing;
    onEdit(made, typing ? { typing: { atMs: performance.now() } } : {});
  };
  const editing: Editing = {
    vocabulary,
    remarks,
    selected: at,
    edit,
    select: (node) => {
      if (node !== selected) onSelect(node);
    },
  };
  const add = (json: JsonValue) => edit({ kind: 'insert', at: root.id, json, inside: true });
  return (
    <section className="conditions" aria-label={words.flag.conditions} ref={box}>
      <header className="conditions-head">
        <Heading>{words.flag.conditions}</Heading>
        <Button kind="quiet" onClick={() => setAsJson(!asJson)} aria-pressed={asJson}>
          {asJson ? words.flag.asTree : words.flag.asJson}
        </Button>
      </header>
      {asJson ? (
        <JsonField
          label={words.flag.conditionsJson}
          value={jsonOfTree(conditions)}
          faults={faults}
          onValue={(json) => edit({ kind: 'replace', at: root.id, json }, true)}
        />
      ) : (
        <>
          {root.kind === 'everyone' ? (
            <p className="conditions-everyone">{words.flag.everyoneFits}</p>
          ) : (
            <ul className="conditions-tree">
              <ConditionNodeView node={root} place={{ n: 1, of: 1, level: 1, nots: [] }} editing={editing} />
            </ul>
          )}
          <div className="conditions-add">
            <Button icon={<AddIcon aria-hidden />} onClick={() => add(NEW_LEAF)}>
              {words.flag.addCondition}
            </Button>
            {(vocabulary?.segments.length ?? 0) > 0 && (
              <Button
                kind="quiet"
                icon={<AddIcon aria-hidden />}
                onClick={() => add({ condition: vocabulary!.segments[0]!.key })}
              >
                {words.flag.addSegment}
              </Button>
            )}
            <Button
              kind="quiet"
              icon={<AddIcon aria-hidden />}
              onClick={() => add({ [root.kind === 'any' ? 'all' : 'any']: [NEW_LEAF] })}
            >
              {words.flag.addGroup}
            </Button>
          </div>
          <p className="conditions-keys">{words.flag.treeKeys}</p>
        </>
      )}
    </section>
  );
}
