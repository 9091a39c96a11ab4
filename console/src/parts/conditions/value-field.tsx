import { useId, useState } from 'react';
import type { JsonValue } from '../../draft/values/json.js';
import { formOf, readValue, valueText } from '../../draft/values/value-text.js';
import { Select } from '../../ui/field.js';
import { words } from '../../words/flag-words.js';

interface ValueFieldProps {
  readonly value: JsonValue;
  readonly factType: string | undefined;
  readonly operator: string;
  readonly suggestions: readonly string[];
  /** Undefined: it is yet to be said. */
  readonly onValue: (value: JsonValue | undefined) => void;
}

/** The constant that a comparison compares with, in the form that its fact and operator ask for. */
export function ValueField({ value, factType, operator, suggestions, onValue }: ValueFieldProps) {
  const form = formOf(factType, operator, value);
  if (form === 'boolean')
    return (
      <Select
        label={words.flag.value}
        value={String(value)}
        options={[
          ...(typeof value === 'boolean' ? [] : [{ value: String(value), label: words.flag.chooseFact }]),
          { value: 'true', label: words.flag.diff.yes },
          { value: 'false', label: words.flag.diff.no },
        ]}
        onChoose={(chosen) => onValue(chosen === 'true')}
      />
    );
  return (
    <Typed
      label={words.flag.value}
      text={valueText(value, form)}
      short={form === 'number'}
      suggestions={suggestions}
      // An empty text is a text, and no number.
      onText={(text) => onValue(form === 'number' && text.trim() === '' ? undefined : readValue(text, form))}
      // What is typed on the way to a number or a list is kept as it is typed.
      same={(text) => JSON.stringify(readValue(text, form)) === JSON.stringify(value)}
    />
  );
}

interface TypedProps {
  readonly label: string;
  /** Whether the label stands before the field, and not in it. */
  readonly shownLabel?: boolean;
  readonly text: string;
  readonly short?: boolean;
  readonly suggestions: readonly string[];
  readonly onText: (text: string) => void;
  /** Whether a text that differs from the shown one says the same. */
  readonly same?: (text: string) => boolean;
}

/** A text that may be anything, with what it likely is. */
export function Typed({ label, shownLabel = false, text, short = false, suggestions, onText, same }: TypedProps) {
  const id = useId();
  const [typed, setTyped] = useState(text);
  const shown = typed !== text && same?.(typed) === true ? typed : text;
  return (
    <label className="condition-typed" data-short={short ? '' : undefined}>
      <span className={shownLabel ? 'condition-word' : 'unseen'}>{label}</span>
      <input
        type="text"
        value={shown}
        list={suggestions.length === 0 ? undefined : id}
        placeholder={shownLabel ? undefined : label}
        autoComplete="off"
        spellCheck={false}
        size={Math.max(short ? 4 : 10, Math.min(24, shown.length + 1))}
        onChange={({ target }) => {
          setTyped(target.value);
          onText(target.value);
        }}
      />
      {suggestions.length > 0 && (
        <datalist id={id}>
          {suggestions.map((suggestion) => (
            <option key={suggestion} value={suggestion} />
          ))}
        </datalist>
      )}
    </label>
  );
}
