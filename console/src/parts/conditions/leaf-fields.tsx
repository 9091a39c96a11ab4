import { type ReactNode, useState } from 'react';
import type {
  FactDescription,
  FactParamDescription,
  GetVocabularyResponse,
} from '../../../../src/protocol/gen/admin-json.js';
import { type ConditionNode, labelOf } from '../../draft/conditions/condition-tree.js';
import {
  type FactRead,
  leafOf,
  type Members,
  readMembers,
  toFact,
  toFitting,
  toOperator,
  toParam,
  toValue,
} from '../../draft/conditions/leaf.js';
import { type JsonObject, type JsonValue, ownMember } from '../../draft/values/json.js';
import { readValue, valueText } from '../../draft/values/value-text.js';
import { IconButton } from '../../ui/button.js';
import { Select } from '../../ui/field.js';
import { CloseIcon, FactValueIcon } from '../../ui/icons.js';
import { words } from '../../words/flag-words.js';
import type { Editing } from './editing.js';
import { Typed, ValueField } from './value-field.js';

interface LeafProps {
  readonly node: ConditionNode;
  readonly editing: Editing;
}

/** The fields of a comparison: a fact with what it takes, the operator, and what it is compared with. */
export function LeafFields({ node, editing }: LeafProps) {
  const { vocabulary, edit } = editing;
  const leaf = leafOf(node);
  const fact = vocabulary?.facts.find(({ name }) => name === leaf.read.fact);
  const change = (members: Members) => edit({ kind: 'change', at: node.id, members }, true);
  const choose = (read: FactRead) => {
    const chosen = vocabulary?.facts.find(({ name }) => name === read.fact);
    const fits = chosen === undefined || chosen.operators.includes(leaf.operator) || leaf.decorators.length > 0;
    const operator = fits ? leaf.operator : (chosen.operators[0] ?? leaf.operator);
    const other = read.fact !== leaf.read.fact;
    change({
      ...readMembers(read),
      ...(fits ? {} : toOperator([], operator)),
      ...(other ? valueFor(typeOf(read, chosen, vocabulary), operator) : {}),
    });
  };
  const { value } = leaf;
  // With another fact, or operator, what it compares with is of another type.
  const valueFor = (type: string | undefined, operator: string): Members => {
    if (value.kind === 'fact') return {};
    // Where nothing was said yet, an empty text is none that was meant.
    return value.value === '' ? { value: undefined } : toFitting(value.value, type, operator);
  };
  return (
    <>
      <FactFields read={leaf.read} vocabulary={vocabulary} onRead={choose} />
      {leaf.decorators.length > 0 && <span className="condition-word">{words.flag.decorated(leaf.decorators)}</span>}
      <Select
        label={words.flag.operator}
        value={leaf.operator}
        options={operatorsOf(vocabulary, fact, leaf.operator)}
        onChoose={(operator) =>
          change({
            ...toOperator(leaf.decorators, operator),
            ...valueFor(typeOf(leaf.read, fact, vocabulary), operator),
          })
        }
      />
      <span className="condition-value" data-kind={value.kind}>
        {value.kind === 'constant' ? (
          <ValueField
            value={value.value}
            factType={typeOf(leaf.read, fact, vocabulary)}
            operator={leaf.operator}
            suggestions={suggestionsFor(leaf.read, vocabulary)}
            onValue={(json) => change({ value: json })}
          />
        ) : (
          <FactFields
            read={value.read}
            vocabulary={vocabulary}
            onRead={(read) => change(toValue({ kind: 'fact', read }, (node.own as JsonObject).value))}
          />
        )}
        <IconButton
          label={value.kind === 'constant' ? words.flag.compareFact : words.flag.compareConstant}
          icon={<FactValueIcon aria-hidden />}
          aria-pressed={value.kind === 'fact'}
          onClick={() =>
            change(
              value.kind === 'fact'
                ? { value: undefined }
                : toValue({ kind: 'fact', read: { fact: vocabulary?.facts[0]?.name ?? '', params: {}, path: '' } }),
            )
          }
        />
      </span>
    </>
  );
}

interface FactFieldsProps {
  readonly read: FactRead;
  readonly vocabulary: GetVocabularyResponse | undefined;
  readonly onRead: (read: FactRead) => void;
}

function FactFields({ read, vocabulary, onRead }: FactFieldsProps) {
  const facts = vocabulary?.facts ?? [];
  const fact = facts.find(({ name }) => name === read.fact);
  const known = facts.map(({ name, words: said }) => ({ value: name, label: said || name }));
  const options =
    fact === undefined ? [{ value: read.fact, label: read.fact || words.flag.chooseFact }, ...known] : known;
  const [more, setMore] = useState<readonly string[]>([]);
  const params = fact?.params ?? [];
  const shown = params.filter(
    ({ name, required }) => required || Object.hasOwn(read.params, name) || more.includes(name),
  );
  const strange = Object.keys(read.params).filter((name) => !params.some((param) => param.name === name));
  const hidden = params.filter((param) => !shown.includes(param) && !Object.hasOwn(read.params, param.excludes));
  const set = (members: Members) => onRead(asRead(members, read));
  return (
    <>
      <Select
        label={words.flag.fact}
        value={read.fact}
        options={options}
        title={fact?.description}
        onChoose={(name) => {
          const chosen = facts.find((each) => each.name === name);
          const next = toFact(read, name, chosen?.params.map((param) => param.name) ?? [], chosen?.takes_path ?? false);
          const first = chosen?.params.find(({ kind }) => kind === 'action');
          setMore(first === undefined ? [] : [first.name]);
          onRead(asRead(next, { fact: name, params: {}, path: '' }));
        }}
      />
      {shown.map((param) => (
        <ParamField
          key={param.name}
          param={param}
          value={ownMember(read.params, param.name)}
          vocabulary={vocabulary}
          onValue={(value) => set(toParam(read, param.name, value))}
          onRemove={
            param.required
              ? undefined
              : () => {
                  setMore(more.filter((name) => name !== param.name));
                  set(toParam(read, param.name, undefined));
                }
          }
        />
      ))}
      {strange.map((name) => (
        <Chip key={name} text={`${name}: ${JSON.stringify(read.params[name])}`}>
          <IconButton
            label={words.flag.removeParam(name)}
            icon={<CloseIcon aria-hidden />}
            onClick={() => set(toParam(read, name, undefined))}
          />
        </Chip>
      ))}
      {hidden.length > 0 && (
        <Select
          label={words.flag.addParam}
          value=""
          options={[
            { value: '', label: words.flag.addParam },
            ...hidden.map(({ name }) => ({ value: name, label: words.flag.paramFor(name) })),
          ]}
          onChoose={(name) => setMore([...more, name])}
        />
      )}
      {(fact?.takes_path === true || read.path !== '') && (
        <Typed
          label={words.flag.path}
          text={read.path}
          suggestions={vocabulary?.attributes.map(({ path }) => path) ?? []}
          onText={(path) => onRead({ ...read, path })}
        />
      )}
    </>
  );
}

/** How a fact is read after a change of its members. */
function asRead(members: Members, before: FactRead): FactRead {
  return {
    fact: typeof members.fact === 'string' ? members.fact : before.fact,
    params: (members.params ?? {}) as JsonObject,
    path: typeof members.path === 'string' ? members.path : '',
  };
}

function Chip({ text, children }: { readonly text: string; readonly children: ReactNode }) {
  return (
    <span className="condition-chip">
      <code>{text}</code>
      {children}
    </span>
  );
}

interface ParamFieldProps {
  readonly param: FactParamDescription;
  readonly value: JsonValue | undefined;
  readonly vocabulary: GetVocabularyResponse | undefined;
  readonly onValue: (value: JsonValue | undefined) => void;
  readonly onRemove: (() => void) | undefined;
}

function ParamField({ param, value, vocabulary, onValue, onRemove }: ParamFieldProps) {
  const { name, type, allowed, kind } = param;
  const label = words.flag.param(name);
  const form = type === 'list' ? 'texts' : type === 'integer' ? 'number' : 'text';
  const field =
    allowed.length > 0 ? (
      <Select
        label={label}
        value={typeof value === 'string' ? value : ''}
        options={[{ value: '', label: name }, ...allowed.map((each) => ({ value: each, label: `${name}: ${each}` }))]}
        onChoose={(each) => onValue(each === '' ? undefined : each)}
      />
    ) : (
      <Typed
        label={label}
        shownLabel
        text={value === undefined ? '' : valueText(value, form)}
        short={type === 'integer'}
        suggestions={namesOf(kind, name, vocabulary)}
        onText={(text) => onValue(text === '' ? undefined : readValue(text, form))}
      />
    );
  return (
    <span className="condition-param">
      {field}
      {onRemove !== undefined && (
        <IconButton label={words.flag.removeParam(name)} icon={<CloseIcon aria-hidden />} onClick={onRemove} />
      )}
    </span>
  );
}

function operatorsOf(
  vocabulary: GetVocabularyResponse | undefined,
  fact: FactDescription | undefined,
  present: string,
) {
  const all = vocabulary?.operators ?? [];
  const fits = fact === undefined ? all : all.filter(({ name }) => fact.operators.includes(name));
  const options = fits.map(({ name, words: said }) => ({ value: name, label: said || name }));
  return options.some(({ value }) => value === present) ? options : [{ value: present, label: present }, ...options];
}

/** What a fact holds; of an attribute that is always one of text, number, boolean, that. */
function typeOf(
  read: FactRead,
  fact: FactDescription | undefined,
  vocabulary: GetVocabularyResponse | undefined,
): string | undefined {
  if (fact?.name !== 'attribute') return fact?.type;
  const types = vocabulary?.attributes.find(({ path }) => path === read.path)?.types ?? [];
  const [type] = types;
  return types.length === 1 && type !== 'list' && type !== 'null' ? type : fact.type;
}

/** The names that a param, or a value, likely is one of. */
function namesOf(kind: string, name: string, vocabulary: GetVocabularyResponse | undefined): readonly string[] {
  if (vocabulary === undefined) return [];
  if (kind === 'action') return vocabulary.actions.map((action) => action.name);
  if (name === 'flag') return vocabulary.flags.map(({ key }) => key);
  return [];
}

function suggestionsFor({ fact, path }: FactRead, vocabulary: GetVocabularyResponse | undefined): readonly string[] {
  if (vocabulary === undefined) return [];
  if (fact === 'role' || fact === 'roles') return vocabulary.roles.map(({ name }) => name);
  if (fact.startsWith('stage')) return vocabulary.stages.map(({ name }) => name);
  const values = vocabulary.attributes.find((attribute) => attribute.path === path)?.values ?? [];
  return fact === 'attribute' ? values.map((value) => valueText(value as JsonValue, 'any')) : [];
}

/** The label of a node, and whether people may see their own value of its fact. */
export function LabelFields({ node, editing }: LeafProps) {
  const change = (members: Members) => editing.edit({ kind: 'change', at: node.id, members }, true);
  return (
    <div className="condition-label">
      <label className="condition-typed">
        <span className="condition-word">{words.flag.label}</span>
        <input
          type="text"
          value={labelOf(node)}
          maxLength={200}
          autoComplete="off"
          onChange={({ target }) => change({ name: target.value === '' ? undefined : target.value })}
        />
      </label>
      {node.kind === 'leaf' && (
        <label className="condition-open">
          <input
            type="checkbox"
            className="checkbox"
            checked={leafOf(node).open}
            onChange={({ target }) => change({ public: target.checked ? true : undefined })}
          />
          {words.flag.open}
        </label>
      )}
    </div>
  );
}
