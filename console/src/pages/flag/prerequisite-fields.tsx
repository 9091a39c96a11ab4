import { Link } from '@tanstack/react-router';
import { type FormEvent, useId, useState } from 'react';
import type { GetVocabularyResponse } from '../../../../src/protocol/gen/admin-json.js';
import type { FlagContent } from '../../draft/flag/flag-content.js';
import type { DraftAction } from '../../draft/flag/flag-draft.js';
import { Button, IconButton } from '../../ui/button.js';
import { TextField } from '../../ui/field.js';
import { CloseIcon } from '../../ui/icons.js';
import { words } from '../../words/flag-words.js';

export interface PrerequisiteFieldsProps {
  readonly flag: FlagContent;
  readonly flagKey: string;
  readonly vocabulary: GetVocabularyResponse | undefined;
  readonly mayChange: boolean;
  readonly onAction: (action: DraftAction) => void;
}

/** The flags that must be on for the same user. */
export function PrerequisiteFields({ flag, flagKey, vocabulary, mayChange, onAction }: PrerequisiteFieldsProps) {
  const [key, setKey] = useState('');
  const id = useId();
  const { prerequisites } = flag;
  const set = (next: FlagContent['prerequisites']) => onAction({ kind: 'set', fields: { prerequisites: next } });
  const wanted = key.trim();
  const fault = prerequisites.some(({ flag_key }) => flag_key === wanted)
    ? words.flag.requiredAlready(wanted)
    : wanted !== '' && wanted === flagKey
      ? words.flag.requiresItself
      : undefined;
  const add = (event: FormEvent) => {
    event.preventDefault();
    if (wanted === '' || fault !== undefined) return;
    set([...prerequisites, { flag_key: wanted, variant: '' }]);
    setKey('');
  };
  return (
    <div className="prerequisites">
      {prerequisites.length === 0 && <p>{words.flag.noPrerequisites}</p>}
      <ul>
        {prerequisites.map(({ flag_key, variant }) => (
          <li key={flag_key}>
            <Link to="/flags/$key" params={{ key: flag_key }}>
              {words.flag.requires(flag_key, variant)}
            </Link>
            {mayChange && (
              <IconButton
                label={words.flag.removePrerequisite(flag_key)}
                icon={<CloseIcon aria-hidden />}
                onClick={() => set(prerequisites.filter((each) => each.flag_key !== flag_key))}
              />
            )}
          </li>
        ))}
      </ul>
      {mayChange && (
        <form className="prerequisite-add" onSubmit={add}>
          <TextField
            label={words.flag.prerequisite}
            labelUnseen
            placeholder={words.flag.prerequisite}
            value={key}
            maxLength={128}
            list={id}
            autoComplete="off"
            fault={fault}
            onChange={({ target }) => setKey(target.value)}
          />
          <datalist id={id}>
            {vocabulary?.flags.map((each) => (
              <option key={each.key} value={each.key}>
                {each.name}
              </option>
            ))}
          </datalist>
          <Button type="submit" disabled={wanted === '' || fault !== undefined}>
            {words.flag.addPrerequisite}
          </Button>
        </form>
      )}
    </div>
  );
}
