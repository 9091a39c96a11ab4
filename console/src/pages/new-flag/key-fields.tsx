import { Link } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import { faultOfKey } from '../../draft/flag-key.js';
import { type NewFlag, renamed } from '../../draft/new-flag.js';
import { TextField } from '../../ui/field.js';
import { words } from '../../words/new-flag-words.js';

export interface KeyFieldsProps {
  readonly flag: NewFlag;
  /** Whether it is time to say that these are missing. */
  readonly nameMissing: boolean;
  readonly keyMissing: boolean;
  /** That another flag has the key: seen beforehand, or by the server when it was to be made. */
  readonly taken: 'before' | 'meanwhile' | undefined;
  readonly onChange: (fields: Partial<NewFlag>) => void;
}

/** What the flag is called, and the key that follows from it until it is given one of its own. */
export function KeyFields({ flag, nameMissing, keyMissing, taken, onChange }: KeyFieldsProps) {
  const first = useRef<HTMLInputElement>(null);
  // Whoever comes to make a flag begins by naming it.
  useEffect(() => first.current?.focus(), []);
  return (
    <section className="new-flag-part">
      <TextField
        ref={first}
        label={words.newFlag.name}
        hint={words.newFlag.nameHint}
        value={flag.name}
        required
        maxLength={255}
        autoComplete="off"
        fault={nameMissing ? words.newFlag.needName : undefined}
        onChange={({ target }) => onChange(renamed(flag, target.value))}
      />
      <TextField
        label={words.newFlag.key}
        hint={words.newFlag.keyHint}
        className="field-key"
        value={flag.key}
        required
        maxLength={200}
        autoComplete="off"
        spellCheck={false}
        fault={keyFault(flag.key, keyMissing, taken)}
        onChange={({ target }) => onChange({ key: target.value.trim() })}
      />
      {taken !== undefined && (
        <p className="new-flag-taken">
          <Link to="/flags/$key" params={{ key: flag.key }} search={{}}>
            {words.newFlag.openTaken}
          </Link>
        </p>
      )}
    </section>
  );
}

function keyFault(key: string, missing: boolean, taken: KeyFieldsProps['taken']): string | undefined {
  if (taken !== undefined) return taken === 'before' ? words.newFlag.taken(key) : words.newFlag.takenMeanwhile(key);
  const found = faultOfKey(key);
  if (found === undefined || (found.fault === 'empty' && !missing)) return undefined;
  return found.fault === 'character'
    ? words.newFlag.keyCharacter(found.character ?? '')
    : words.newFlag.keyFaults[found.fault];
}
