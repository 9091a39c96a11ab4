import { useState } from 'react';
import type { Variant } from '../../../../../src/protocol/gen/admin-json.js';
import { type FlagType, readNumber, type VariantEdit } from '../../../draft/flag/edit-variants.js';
import type { FlagContent } from '../../../draft/flag/flag-content.js';
import type { JsonValue } from '../../../draft/values/json.js';
import { JsonField } from '../../../parts/json-editor/json-field.js';
import { IconButton } from '../../../ui/button.js';
import { Select, TextArea, TextField } from '../../../ui/field.js';
import { RemoveIcon } from '../../../ui/icons.js';
import { words } from '../../../words/flag-words.js';
import { Swatch } from './share-bar.js';

export interface VariantFieldsProps {
  readonly variant: Variant;
  /** 0 for the first. */
  readonly at: number;
  readonly flag: FlagContent;
  /** Whether it is stored under its key. */
  readonly isStored: boolean;
  readonly onEdit: (edit: VariantEdit, typing?: boolean) => void;
  readonly onOff: (key: string) => void;
}

/** A variant: its key, its value, and whether it is what everybody else gets. */
export function VariantFields({ variant, at, flag, isStored, onEdit, onOff }: VariantFieldsProps) {
  const { key } = variant;
  const keys = flag.variants.map((each) => each.key);
  const isOff = key === flag.off_variant;
  return (
    <li className="variant" data-type={flag.type}>
      <Swatch keys={keys} variant={key} />
      <KeyField
        name={key}
        at={at}
        others={keys.filter((each) => each !== key)}
        isStored={isStored}
        onKey={(to) => onEdit({ kind: 'rename', key, to }, true)}
      />
      <ValueOf
        name={key}
        type={flag.type}
        value={variant.value as JsonValue}
        onValue={(value) => onEdit({ kind: 'value', key, value }, true)}
      />
      <label className="variant-off">
        <input
          type="radio"
          name="off-variant"
          aria-label={words.serving.offOf(key)}
          checked={isOff}
          onChange={() => onOff(key)}
        />
        {words.serving.off}
      </label>
      <IconButton
        label={isOff ? words.serving.removeOff : words.serving.remove(key)}
        icon={<RemoveIcon aria-hidden />}
        disabled={isOff}
        onClick={() => onEdit({ kind: 'remove', key })}
      />
    </li>
  );
}

interface KeyFieldProps {
  readonly name: string;
  readonly at: number;
  readonly others: readonly string[];
  readonly isStored: boolean;
  readonly onKey: (key: string) => void;
}

/** A key stands for the variant in distributions, so one that cannot be, or that another has, stays in the field alone. */
function KeyField({ name, at, others, isStored, onKey }: KeyFieldProps) {
  const [typed, setTyped] = useState<{ readonly text: string; readonly on: string }>();
  const text = typed !== undefined && typed.on === name ? typed.text : name;
  const fault = text === '' ? words.serving.keyEmpty : others.includes(text) ? words.serving.keyTaken(text) : undefined;
  return (
    <TextField
      label={words.serving.keyOf(at + 1)}
      labelUnseen
      placeholder={words.serving.key}
      value={text}
      maxLength={255}
      autoComplete="off"
      spellCheck={false}
      fault={fault}
      title={isStored ? words.serving.keyDraws : undefined}
      onChange={({ target }) => {
        const key = target.value;
        const can = key !== '' && !others.includes(key);
        setTyped({ text: key, on: can ? key : name });
        if (can) onKey(key);
      }}
    />
  );
}

interface ValueOfProps {
  readonly name: string;
  readonly type: FlagType;
  readonly value: JsonValue;
  readonly onValue: (value: JsonValue) => void;
}

function ValueOf({ name, type, value, onValue }: ValueOfProps) {
  const label = words.serving.valueOf(name);
  if (type === 'BOOLEAN')
    return (
      <Select
        label={label}
        value={String(value)}
        options={[
          { value: 'true', label: words.serving.true },
          { value: 'false', label: words.serving.false },
        ]}
        onChoose={(chosen) => onValue(chosen === 'true')}
      />
    );
  if (type === 'NUMBER') return <NumberField label={label} value={value} onValue={onValue} />;
  if (type === 'STRING')
    return (
      <TextArea
        label={label}
        labelUnseen
        rows={1}
        value={String(value)}
        spellCheck={false}
        onChange={({ target }) => onValue(target.value)}
      />
    );
  return <JsonField label={label} value={value} onValue={onValue} />;
}

function NumberField({ label, value, onValue }: Omit<ValueOfProps, 'name' | 'type'> & { readonly label: string }) {
  const [typed, setTyped] = useState<{ readonly text: string; readonly on: JsonValue }>();
  const text = typed !== undefined && typed.on === value ? typed.text : JSON.stringify(value);
  return (
    <TextField
      label={label}
      labelUnseen
      value={text}
      inputMode="decimal"
      autoComplete="off"
      fault={readNumber(text) === undefined ? words.serving.notNumber : undefined}
      onChange={({ target }) => {
        const number = readNumber(target.value);
        setTyped({ text: target.value, on: number ?? value });
        if (number !== undefined) onValue(number);
      }}
    />
  );
}
