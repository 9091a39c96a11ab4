import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { type FormEvent, useId, useRef, useState } from 'react';
import type { AccessRow, GetVocabularyResponse } from '../../../../../src/protocol/gen/admin-json.js';
import { call } from '../../../api/api.js';
import { platformRow, type RowSays } from '../../../draft/flag/rows.js';
import { useDebounced } from '../../../parts/list/use-debounced.js';
import { foundBy } from '../../../parts/people-lines/people-lines.js';
import { searchPeople } from '../../../parts/people-lines/people-list.js';
import { Button } from '../../../ui/button.js';
import { SelectField, TextField, type TextFieldProps } from '../../../ui/field.js';
import { words } from '../../../words/flag-access-words.js';

export interface AddRowProps {
  readonly vocabulary: GetVocabularyResponse | undefined;
  /** Whom it is for, as long as nobody says otherwise; '' for nobody as yet. */
  readonly person: string;
  readonly saysAtFirst: RowSays;
  /** Gives whether there was room for it. */
  readonly onAdd: (row: AccessRow) => boolean;
}

type Kind = 'user' | 'role' | 'roleIn' | 'organization';

/** One row for whoever is named; the fields find who there is while one types. */
export function AddRow({ vocabulary, person: personAtFirst, saysAtFirst, onAdd }: AddRowProps) {
  const { rows: said } = words.flagAccess;
  const [kind, setKind] = useState<Kind>('user');
  const [says, setSays] = useState(saysAtFirst);
  const [name, setName] = useState(personAtFirst);
  const [organization, setOrganization] = useState('');
  const form = useRef<HTMLFormElement>(null);
  const person = useFoundPerson(kind === 'user' ? name : '');
  const named = name.trim();
  // Until it is known whom an address names, it is nobody's id.
  const isKnown = kind !== 'user' || (person.isLookedFor && person.fault === undefined);
  const complete = named !== '' && (kind !== 'roleIn' || organization.trim() !== '') && isKnown;
  const add = (event: FormEvent) => {
    event.preventDefault();
    if (
      !complete ||
      !onAdd(platformRow(targetOf(kind, kind === 'user' ? person.id : named, organization.trim()), says))
    )
      return;
    setName('');
    form.current?.querySelector('input')?.focus();
  };
  return (
    <form ref={form} className="row-add" data-own-undo aria-label={said.add} onSubmit={add}>
      <SelectField
        label={said.kind}
        value={kind}
        options={Object.entries(said.addKinds).map(([value, label]) => ({ value, label }))}
        onChoose={(value) => {
          setKind(value as Kind);
          setName('');
        }}
      />
      {kind === 'user' && (
        <Suggesting
          label={said.person}
          hint={person.hint}
          fault={person.fault}
          value={name}
          onText={setName}
          maxLength={191}
          suggestions={person.suggestions}
        />
      )}
      {(kind === 'role' || kind === 'roleIn') && (
        <Suggesting
          label={said.role}
          value={name}
          onText={setName}
          maxLength={64}
          suggestions={vocabulary?.roles.map((role) => ({ value: role.name, label: '' })) ?? []}
        />
      )}
      {kind === 'organization' && <OrganizationField value={name} onText={setName} />}
      {kind === 'roleIn' && <OrganizationField value={organization} onText={setOrganization} />}
      <SelectField
        label={said.effect}
        value={says}
        options={Object.entries(said.says).map(([value, label]) => ({ value, label }))}
        onChoose={(value) => setSays(value as RowSays)}
      />
      <Button kind="primary" type="submit" disabled={!complete}>
        {said.doAdd}
      </Button>
    </form>
  );
}

function targetOf(kind: Kind, name: string, organization_id: string) {
  switch (kind) {
    case 'user':
      return { user_id: name };
    case 'role':
      return { role: name };
    case 'roleIn':
      return { role: name, organization_id };
    case 'organization':
      return { organization_id: name };
  }
}

interface Suggestion {
  readonly value: string;
  readonly label: string;
}

/** Whom a text names, and whom it may come to name. */
function useFoundPerson(typed: string) {
  const { rows: said, lines } = words.flagAccess;
  const text = useDebounced(typed.trim());
  const { data, isPlaceholderData, isError } = useQuery({
    queryKey: ['users', 'named', text],
    queryFn: ({ signal }) => searchPeople(text, signal),
    enabled: text !== '',
    placeholderData: keepPreviousData,
  });
  const present = text === typed.trim() && text !== '' && data !== undefined && !isPlaceholderData;
  const found = present ? foundBy(text, data) : undefined;
  const suggestions: readonly Suggestion[] = (text === '' ? [] : (data ?? [])).map(({ user_id, attributes }) => ({
    value: user_id,
    label: attributes.map(({ value }) => value).join(' · '),
  }));
  const fault = found?.kind === 'fault' ? found.fault : undefined;
  return {
    /** Whether it has been looked for by the text as it is now, or could not be. */
    isLookedFor: present || (isError && text === typed.trim()),
    id: found !== undefined && found.kind !== 'fault' ? found.id : typed.trim(),
    hint:
      found?.kind === 'unknown'
        ? `${lines.unknown(1)}. ${lines.takeUnknownWhat}`
        : found?.kind === 'known' && found.id !== text
          ? found.id
          : said.personHint,
    fault: fault?.kind === 'several' ? lines.several(fault.people) : undefined,
    suggestions,
  };
}

function OrganizationField({ value, onText }: { readonly value: string; readonly onText: (text: string) => void }) {
  const { rows: said } = words.flagAccess;
  const text = useDebounced(value.trim());
  const { data } = useQuery({
    queryKey: ['organizations', 'named', text],
    queryFn: ({ signal }) => call('GET /api/admin/organizations', { query: { q: text, page_size: 10 }, signal }),
    enabled: text !== '',
    placeholderData: keepPreviousData,
  });
  return (
    <Suggesting
      label={said.organization}
      value={value}
      onText={onText}
      maxLength={128}
      suggestions={data?.organizations.map(({ id }) => ({ value: id, label: '' })) ?? []}
    />
  );
}

interface SuggestingProps extends Pick<TextFieldProps, 'label' | 'hint' | 'fault' | 'maxLength'> {
  readonly value: string;
  readonly onText: (text: string) => void;
  readonly suggestions: readonly Suggestion[];
}

function Suggesting({ suggestions, onText, ...field }: SuggestingProps) {
  const list = useId();
  return (
    <>
      <TextField
        {...field}
        className="row-add-name"
        list={list}
        autoComplete="off"
        spellCheck={false}
        onChange={({ target }) => onText(target.value)}
      />
      <datalist id={list}>
        {suggestions.map(({ value, label }) => (
          <option key={value} value={value} label={label || undefined} />
        ))}
      </datalist>
    </>
  );
}
