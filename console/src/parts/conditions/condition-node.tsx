import { type ClipboardEvent, type KeyboardEvent, type ReactNode, useState } from 'react';
import { type ConditionNode, isGroup, jsonOf, labelOf, unknownMembers } from '../../draft/conditions/condition-tree.js';
import { type ConditionEdit, NEW_LEAF } from '../../draft/conditions/edit-conditions.js';
import { leafOf } from '../../draft/conditions/leaf.js';
import type { JsonObject, JsonValue } from '../../draft/values/json.js';
import { IconButton } from '../../ui/button.js';
import { Select } from '../../ui/field.js';
import { AddIcon, GroupIcon, IndentIcon, LabelIcon, OutdentIcon, RemoveIcon } from '../../ui/icons.js';
import { words } from '../../words/flag-words.js';
import { JsonField } from '../json-editor/json-field.js';
import { withLocalInstants } from '../time/instant.js';
import type { Editing } from './editing.js';
import { LabelFields, LeafFields } from './leaf-fields.js';

/** Where a node stands among others, for those who do not see it. */
export interface NodePlace {
  readonly n: number;
  readonly of: number;
  readonly level: number;
  /** The `not`s around it. */
  readonly nots: readonly ConditionNode[];
}

export interface ConditionNodeProps {
  readonly node: ConditionNode;
  readonly place: NodePlace;
  readonly editing: Editing;
}

/** A node of conditions and all below it. A `not` is a mark on what it denies. */
export function ConditionNodeView({ node, place, editing }: ConditionNodeProps) {
  if (node.kind === 'not') {
    const within = { ...place, nots: [...place.nots, node] };
    return <ConditionNodeView node={node.children[0]!} place={within} editing={editing} />;
  }
  return (
    <li className="condition" data-kind={node.kind}>
      <Row node={node} place={place} editing={editing}>
        <NodeFields node={node} editing={editing} />
      </Row>
      {isGroup(node) && node.children.length > 0 && (
        <ul className="condition-members">
          {node.children.map((child, i) => (
            <ConditionNodeView
              key={child.id}
              node={child}
              place={{ n: i + 1, of: node.children.length, level: place.level + 1, nots: [] }}
              editing={editing}
            />
          ))}
        </ul>
      )}
    </li>
  );
}

function NodeFields({ node, editing }: Omit<ConditionNodeProps, 'place'>) {
  const { edit, vocabulary } = editing;
  if (isGroup(node))
    return (
      <Select
        label={words.flag.groupOf}
        value={node.kind}
        options={[
          { value: 'all', label: words.flag.all },
          { value: 'any', label: words.flag.any },
        ]}
        onChoose={(group) => edit({ kind: 'group', at: node.id, group: group as 'all' | 'any' }, true)}
      />
    );
  if (node.kind === 'leaf') return <LeafFields node={node} editing={editing} />;
  if (node.kind === 'segment') {
    const key = String((node.own as JsonObject).condition);
    const known = vocabulary?.segments ?? [];
    const options = known.some((segment) => segment.key === key) ? known : [{ key, name: key }, ...known];
    return (
      <>
        <span className="condition-word">{words.flag.inSegment}</span>
        <Select
          label={words.flag.segment}
          value={key}
          options={options.map((segment) => ({ value: segment.key, label: segment.name || segment.key }))}
          onChoose={(condition) => edit({ kind: 'change', at: node.id, members: { condition } }, true)}
        />
      </>
    );
  }
  return (
    <JsonField
      label={words.flag.json}
      value={jsonOf(node)}
      onValue={(json) => edit({ kind: 'replace', at: node.id, json }, true)}
    />
  );
}

/** A node's line: its fields, what is wrong with it, and all that can be done with it by a press or by a key. */
function Row({ node, place, editing, children }: ConditionNodeProps & { readonly children: ReactNode }) {
  const { edit, select, selected } = editing;
  const remarks = [node, ...place.nots].flatMap(({ id }) => editing.remarks.get(id) ?? []);
  const faults = remarks.flatMap((each) => each.faults);
  const warnings = remarks.flatMap((each) => each.warnings);
  const unknown = unknownMembers(node);
  const isNew = node.kind === 'leaf' && (node.own as JsonObject).fact === '';
  const isRoot = place.level === 1;
  const labelled = labelOf(node) !== '' || (node.kind === 'leaf' && leafOf(node).open);
  const [labels, setLabels] = useState(false);
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset cannot be walked through by arrows
    <div
      role="group"
      aria-label={words.flag.condition(place.n, place.of, place.level)}
      tabIndex={selected === node.id ? 0 : -1}
      className="condition-row"
      data-node={node.id}
      data-new={isNew ? '' : undefined}
      data-faulty={faults.length > 0 ? '' : undefined}
      onFocus={() => select(node.id)}
      onKeyDown={(event) => onKey(event, node, edit)}
      onCopy={(event) => copy(event, node)}
      onPaste={(event) => paste(event, node, edit)}
    >
      <div className="condition-line">
        <div className="condition-fields">
          <button
            type="button"
            className="condition-not"
            aria-pressed={place.nots.length > 0}
            title={words.flag.negate}
            onClick={() => edit({ kind: 'negate', at: node.id }, true)}
          >
            {place.nots.length > 1 ? `${words.flag.not} ×${place.nots.length}` : words.flag.not}
          </button>
          {children}
        </div>
        <span className="condition-actions">
          {isGroup(node) && (
            <IconButton
              label={words.flag.addCondition}
              icon={<AddIcon aria-hidden />}
              onClick={() => edit({ kind: 'insert', at: node.id, json: NEW_LEAF, inside: true })}
            />
          )}
          {node.kind !== 'opaque' && !labelled && (
            <IconButton
              label={words.flag.addLabel}
              icon={<LabelIcon aria-hidden />}
              aria-expanded={labels}
              onClick={() => setLabels(!labels)}
            />
          )}
          {!isRoot && (
            <>
              <IconButton
                label={words.flag.outdent}
                icon={<OutdentIcon aria-hidden />}
                disabled={place.level < 3}
                onClick={() => edit({ kind: 'outdent', at: node.id })}
              />
              <IconButton
                label={words.flag.indent}
                icon={<IndentIcon aria-hidden />}
                onClick={() => edit({ kind: 'indent', at: node.id })}
              />
            </>
          )}
          <IconButton
            label={words.flag.group}
            icon={<GroupIcon aria-hidden />}
            onClick={() => edit({ kind: 'wrap', at: node.id, group: 'all' })}
          />
          <IconButton
            label={words.flag.removeCondition}
            icon={<RemoveIcon aria-hidden />}
            onClick={() => edit({ kind: 'remove', at: node.id })}
          />
        </span>
      </div>
      {node.kind !== 'opaque' && (labelled || labels) && <LabelFields node={node} editing={editing} />}
      {unknown.length > 0 && <p className="condition-remark">{words.flag.unknown(unknown)}</p>}
      {faults.map((message) => (
        <p key={message} className="condition-remark condition-fault">
          {withLocalInstants(message)}
        </p>
      ))}
      {warnings.map((message) => (
        <p key={message} className="condition-remark condition-warning">
          {withLocalInstants(message)}
        </p>
      ))}
    </div>
  );
}

type Edit = (edit: ConditionEdit, typing?: boolean) => void;

/** What keys do at a row. In its fields only those that fields have no use for. */
function onKey(event: KeyboardEvent<HTMLElement>, node: ConditionNode, edit: Edit): void {
  const { target, currentTarget, key, altKey } = event;
  if (event.nativeEvent.isComposing || event.ctrlKey || event.metaKey) return;
  const inField = target !== currentTarget;
  const isText = target instanceof HTMLInputElement && target.type === 'text';
  const at = node.id;
  if (inField && !(isText && ((key === 'Enter' && !altKey) || altKey)) && key !== 'Escape') return;
  const made = altKey ? MOVES[key]?.(at) : inField ? TYPED[key]?.(at) : KEYS[key]?.(at);
  if (made !== undefined) edit(made);
  else if (key === 'Escape' && inField) currentTarget.focus();
  else if (!inField && (key === 'ArrowDown' || key === 'ArrowUp')) walk(currentTarget, key === 'ArrowDown' ? 1 : -1);
  else return;
  event.preventDefault();
  event.stopPropagation();
}

const add = (at: string): ConditionEdit => ({ kind: 'insert', at, json: NEW_LEAF });
const remove = (at: string): ConditionEdit => ({ kind: 'remove', at });
type Keys = Readonly<Record<string, (at: string) => ConditionEdit>>;

const MOVES: Keys = {
  ArrowUp: (at) => ({ kind: 'up', at }),
  ArrowDown: (at) => ({ kind: 'down', at }),
  ArrowLeft: (at) => ({ kind: 'outdent', at }),
  ArrowRight: (at) => ({ kind: 'indent', at }),
};
const TYPED: Keys = { Enter: add };
const KEYS: Keys = { Enter: add, Delete: remove, Backspace: remove, n: (at) => ({ kind: 'negate', at }) };

/** Goes to the row before or behind, as they are drawn. */
function walk(row: HTMLElement, by: number): void {
  const rows = [...(row.closest('.conditions')?.querySelectorAll<HTMLElement>('.condition-row') ?? [])];
  rows[rows.indexOf(row) + by]?.focus();
}

function copy(event: ClipboardEvent, node: ConditionNode): void {
  if (event.target !== event.currentTarget) return;
  event.clipboardData.setData('text/plain', JSON.stringify(jsonOf(node), null, 2));
  event.preventDefault();
}

function paste(event: ClipboardEvent, node: ConditionNode, edit: Edit): void {
  if (event.target !== event.currentTarget) return;
  try {
    const json = JSON.parse(event.clipboardData.getData('text/plain')) as JsonValue;
    edit({ kind: 'paste', at: node.id, json });
    event.preventDefault();
  } catch {
    // What is no JSON is no condition.
  }
}
