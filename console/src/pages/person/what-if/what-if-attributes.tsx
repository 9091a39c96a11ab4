import { useId } from 'react';
import {
  ATTRIBUTE_TYPES,
  type AttributeRow,
  type AttributeType,
  type RowFault,
  typedText,
} from '../../../draft/values/attribute-rows.js';
import { type JsonObject, ownMember } from '../../../draft/values/json.js';
import { Button, IconButton } from '../../../ui/button.js';
import { Select, TextField } from '../../../ui/field.js';
import { AddIcon, CloseIcon } from '../../../ui/icons.js';
import { words } from '../../../words/people-words.js';

export interface WhatIfAttributesProps {
  readonly rows: readonly AttributeRow[];
  readonly faults: ReadonlyMap<number, RowFault>;
  /** What is stored: names to choose from, and the type of each. */
  readonly stored: JsonObject;
  readonly onRows: (rows: readonly AttributeRow[]) => void;
}

/** Attributes that are laid over what is stored, each with its type. */
export function WhatIfAttributes({ rows, faults, stored, onRows }: WhatIfAttributesProps) {
  const said = words.person.whatIf.attribute;
  const id = useId();
  const set = (at: number, row: Partial<AttributeRow>) => onRows(rows.with(at, { ...rows[at]!, ...row }));
  const name = (at: number, typed: string) => {
    const known = ownMember(stored, typed);
    // One that is stored has the type that it has there, while nothing else is said.
    set(at, { name: typed, ...(known !== undefined && rows[at]!.text === '' ? typedText(known) : {}) });
  };
  return (
    <fieldset className="what-if-attributes">
      <legend className="field-label">{words.person.whatIf.attributes}</legend>
      <p className="field-hint">{said.what}</p>
      {rows.map((row, at) => {
        const fault = faults.get(at);
        return (
          <div key={at} className="what-if-attribute">
            <TextField
              label={said.name(at + 1)}
              labelUnseen
              placeholder={said.namePlaceholder}
              value={row.name}
              list={id}
              maxLength={255}
              autoComplete="off"
              spellCheck={false}
              fault={fault === 'noName' || fault === 'twice' ? said.faults[fault] : undefined}
              onChange={({ target }) => name(at, target.value)}
            />
            <Select
              label={said.type(at + 1)}
              value={row.type}
              options={ATTRIBUTE_TYPES.map((type) => ({ value: type, label: said.types[type] }))}
              onChoose={(chosen) => {
                const type = chosen as AttributeType;
                set(at, { type, ...(type === 'boolean' ? { text: String(row.text === 'true') } : {}) });
              }}
            />
            {row.type === 'boolean' ? (
              <Select
                label={said.value(at + 1)}
                value={row.text === 'true' ? 'true' : 'false'}
                options={[
                  { value: 'true', label: 'true' },
                  { value: 'false', label: 'false' },
                ]}
                onChoose={(text) => set(at, { text })}
              />
            ) : (
              <TextField
                label={said.value(at + 1)}
                labelUnseen
                placeholder={row.type === 'json' ? '["pro", 7]' : said.valuePlaceholder}
                value={row.text}
                inputMode={row.type === 'number' ? 'decimal' : undefined}
                maxLength={16_000}
                autoComplete="off"
                spellCheck={false}
                fault={fault === 'notANumber' || fault === 'notJson' ? said.faults[fault] : undefined}
                onChange={({ target }) => set(at, { text: target.value })}
              />
            )}
            <IconButton
              label={said.remove(row.name)}
              icon={<CloseIcon aria-hidden />}
              onClick={() => onRows(rows.toSpliced(at, 1))}
            />
          </div>
        );
      })}
      <datalist id={id}>
        {Object.keys(stored).map((each) => (
          <option key={each} value={each} />
        ))}
      </datalist>
      <Button
        kind="quiet"
        icon={<AddIcon aria-hidden />}
        onClick={() => onRows([...rows, { name: '', type: 'text', text: '' }])}
      >
        {said.add}
      </Button>
    </fieldset>
  );
}
