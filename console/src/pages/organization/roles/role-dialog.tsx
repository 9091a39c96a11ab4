import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { OrganizationRole, OrganizationRoles } from '../../../../../src/protocol/gen/admin-json.js';
import { call } from '../../../api/api.js';
import { ChangeDialog, Tick } from '../../../parts/change-dialog.js';
import { ChangedMeanwhile, Consequences, useRolePreview } from '../../../parts/preview/role-consequences.js';
import { TextField } from '../../../ui/field.js';
import { tell } from '../../../ui/toasts.js';
import { words } from '../../../words/customers-words.js';
import { circleOf, definedRoles } from './role-tree.js';

export interface RoleDialogProps {
  readonly organization: OrganizationRoles;
  /** The role whose inheritance is changed; undefined: a new one. */
  readonly role: OrganizationRole | undefined;
  readonly onClose: () => void;
}

/** Adds a role, or changes what one inherits. A circle is refused while it is chosen. */
export function RoleDialog({ organization, role: asked, onClose }: RoleDialogProps) {
  const { roles: text } = words.organization;
  // As they are now: what somebody saves meanwhile shows, and is looked at anew, before anything is saved over it.
  const { id, version, roles } = organization;
  const role = asked === undefined ? undefined : (roles.find(({ name }) => name === asked.name) ?? asked);
  const gone = asked !== undefined && !roles.includes(role ?? asked);
  const [typed, setTyped] = useState(role?.name ?? '');
  const [inherits, setInherits] = useState<readonly string[]>(role?.inherits ?? []);
  const queries = useQueryClient();
  const name = typed.trim();
  const taken = role === undefined && roles.some((each) => each.name === name);
  const circle = circleOf(roles, name, inherits);
  const changed = role === undefined || !sameSet(role.inherits, inherits);
  const ready = name !== '' && !taken && !gone && circle === undefined && changed;
  const defined = definedRoles(roles);
  const next =
    role === undefined
      ? [...defined, { name, inherits: [...inherits] }]
      : defined.map((each) => (each.name === role.name ? { ...each, inherits: [...inherits] } : each));
  const preview = useRolePreview(
    id,
    version,
    ready ? { roles: next.map(({ name: n, inherits: i }) => ({ name: n, inherits: i })) } : undefined,
  );

  const save = async (comment: string): Promise<void> => {
    const { backfill_ids } = await call('PUT /api/admin/organizations/{organization_id}/roles', {
      path: { organization_id: id },
      body: {
        roles: next.map(({ name: n, inherits: i }) => ({ name: n, inherits: i })),
        expected_version: version,
        comment,
      },
    });
    tell({ kind: 'done', title: text.saved, ...(backfill_ids.length > 0 ? { what: text.savedBackfill } : {}) });
    await queries.invalidateQueries({ queryKey: ['organizations', id] });
  };

  return (
    <ChangeDialog
      wide
      title={role === undefined ? text.adding : text.editing(role.name)}
      does={text.save}
      disabled={!ready || preview.pending || preview.result?.refusal !== ''}
      onDo={save}
      onClose={onClose}
    >
      <ChangedMeanwhile version={version} />
      {gone && <p className="field-fault">{text.gone(typed)}</p>}
      {role === undefined && (
        <TextField
          label={text.name}
          value={typed}
          required
          maxLength={64}
          autoComplete="off"
          spellCheck={false}
          fault={taken ? text.taken(name) : undefined}
          onChange={({ target }) => setTyped(target.value)}
        />
      )}
      <fieldset className="ticks">
        <legend>{text.inherits}</legend>
        {roles
          .filter((each) => each.name !== role?.name)
          .map((each) => (
            <Tick
              key={each.name}
              label={<bdi>{each.name}</bdi>}
              checked={inherits.includes(each.name)}
              onTick={(on) =>
                setInherits(on ? [...inherits, each.name] : inherits.filter((other) => other !== each.name))
              }
            />
          ))}
        {circle !== undefined && (
          <p className="field-fault" role="alert">
            {text.circle(circle)}
          </p>
        )}
      </fieldset>
      {ready && <Consequences preview={preview} />}
    </ChangeDialog>
  );
}

function sameSet(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((each) => b.includes(each));
}
