import { type FormEvent, useState } from 'react';
import type { User } from '../../../../../src/protocol/gen/admin-json.js';
import { attributesOf, type RowFault, rowsOf } from '../../../draft/values/attribute-rows.js';
import type { JsonObject } from '../../../draft/values/json.js';
import { useSession } from '../../../parts/page/session-context.js';
import { Button } from '../../../ui/button.js';
import { TextField } from '../../../ui/field.js';
import { words } from '../../../words/people-words.js';
import { usePerson } from '../queries/person-queries.js';
import type { WhatIf } from '../queries/person-search.js';
import { WhatIfAttributes } from './what-if-attributes.js';

export interface WhatIfFormProps {
  readonly id: string;
  readonly whatIf: WhatIf | undefined;
  readonly onAsk: (whatIf: WhatIf | undefined) => void;
  readonly onEnd: () => void;
}

/** Asks what would be decided with other roles, another organization, other attributes, at another instant. Nothing is stored. */
export function WhatIfForm(props: WhatIfFormProps) {
  const { data, isPending } = usePerson(props.id);
  // Its fields begin with what is stored, which an address with a what-if may be earlier than.
  return isPending ? null : <Form {...props} stored={data?.user} />;
}

function Form({ whatIf, stored, onAsk, onEnd }: WhatIfFormProps & { readonly stored: User | undefined }) {
  const { whatIf: said } = words.person;
  const { caller } = useSession();
  const [organization, setOrganization] = useState(whatIf?.organization ?? stored?.organization_id ?? '');
  const [roles, setRoles] = useState((whatIf?.roles ?? stored?.roles ?? []).join(', '));
  const [at, setAt] = useState(whatIf?.at === undefined ? '' : localInput(new Date(whatIf.at)));
  const [rows, setRows] = useState(() => rowsOf((whatIf?.attributes ?? {}) as JsonObject));
  const [faults, setFaults] = useState<ReadonlyMap<number, RowFault>>(new Map());
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const read = attributesOf(rows);
    setFaults('faults' in read ? read.faults : new Map());
    if ('faults' in read) return;
    const names = roles.split(',').map((role) => role.trim());
    const asked = names.filter((role) => role !== '');
    const other =
      organization.trim() !== (stored?.organization_id ?? '') || asked.join() !== (stored?.roles ?? []).join();
    const next: WhatIf = {
      // They are one unit: what of them is given replaces both.
      ...(other ? { organization: organization.trim(), ...(asked.length === 0 ? {} : { roles: asked }) } : {}),
      ...(at === '' ? {} : { at: new Date(at).toISOString() }),
      ...(Object.keys(read.attributes).length === 0 ? {} : { attributes: read.attributes }),
    };
    onAsk(Object.keys(next).length === 0 ? undefined : next);
  };
  return (
    <form className="what-if" onSubmit={submit}>
      <p className="what-if-what">{said.what}</p>
      <div className="what-if-fields">
        {caller.organization_id === '' && (
          <TextField
            label={said.organization}
            value={organization}
            maxLength={128}
            autoComplete="off"
            onChange={({ target }) => setOrganization(target.value)}
          />
        )}
        <TextField
          label={said.roles}
          hint={said.rolesWhat}
          value={roles}
          maxLength={1_000}
          autoComplete="off"
          onChange={({ target }) => setRoles(target.value)}
        />
        <TextField
          label={said.at}
          hint={Intl.DateTimeFormat().resolvedOptions().timeZone}
          type="datetime-local"
          value={at}
          onChange={({ target }) => setAt(target.value)}
        />
      </div>
      {caller.organization_id === '' && (
        <WhatIfAttributes
          rows={rows}
          faults={faults}
          stored={(stored?.attributes ?? {}) as JsonObject}
          onRows={(next) => {
            setRows(next);
            setFaults(new Map());
          }}
        />
      )}
      <div className="what-if-actions">
        <Button kind="primary" type="submit">
          {said.ask}
        </Button>
        <Button onClick={onEnd}>{said.end}</Button>
      </div>
    </form>
  );
}

/** An instant as the browser's own field for it takes it: in this zone, to the minute. */
function localInput(at: Date): string {
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
