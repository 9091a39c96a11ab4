import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { OrganizationRole, OrganizationRoles } from '../../../../../src/protocol/gen/admin-json.js';
import { call } from '../../../api/api.js';
import { ChangeDialog, Tick } from '../../../parts/change-dialog.js';
import { useSession } from '../../../parts/page/session-context.js';
import { ChangedMeanwhile, Consequences, useRolePreview } from '../../../parts/preview/role-consequences.js';
import { Select, TextField } from '../../../ui/field.js';
import { tell } from '../../../ui/toasts.js';
import { words } from '../../../words/customers-words.js';

export interface RoleChangeProps {
  readonly organization: OrganizationRoles;
  readonly role: OrganizationRole;
  readonly onClose: () => void;
}

/** Renames a role, in people and rows, too. */
export function RenameRole({ organization, role, onClose }: RoleChangeProps) {
  const { roles: text } = words.organization;
  const { id, version, roles } = organization;
  const [typed, setTyped] = useState('');
  const [keep, setKeep] = useState(false);
  const saved = useSaved(id);
  const to = typed.trim();
  const taken = roles.some(({ name }) => name === to);
  const ready = to !== '' && !taken;
  const preview = useRolePreview(id, version, ready ? { rename: role.name, to } : undefined);
  const refused = preview.result !== undefined && preview.result.refusal !== '';
  return (
    <ChangeDialog
      wide
      whyNeeded
      title={text.renaming(role.name)}
      does={text.rename}
      disabled={!ready || preview.pending || (refused && !keep)}
      onDo={async (comment) =>
        saved(
          await call('POST /api/admin/organizations/{organization_id}/roles/{name}/rename', {
            path: { organization_id: id, name: role.name },
            body: { to, comment, expected_version: version, keep_platform_references: keep },
          }),
        )
      }
      onClose={onClose}
    >
      <ChangedMeanwhile version={version} />
      <TextField
        label={text.newName}
        value={typed}
        required
        maxLength={64}
        autoComplete="off"
        spellCheck={false}
        fault={taken ? text.taken(to) : undefined}
        onChange={({ target }) => setTyped(target.value)}
      />
      <Keep role={role} keep={keep} onKeep={setKeep} />
      {ready && <Consequences preview={preview} />}
    </ChangeDialog>
  );
}

/** Removes a role; another one may take its place in people, rows and what inherits it. */
export function RemoveRole({ organization, role, onClose }: RoleChangeProps) {
  const { roles: text } = words.organization;
  const { id, version, roles } = organization;
  const [moveTo, setMoveTo] = useState('');
  const [keep, setKeep] = useState(false);
  const saved = useSaved(id);
  const preview = useRolePreview(id, version, { remove: role.name, move_to: moveTo });
  const refused = preview.result !== undefined && preview.result.refusal !== '';
  return (
    <ChangeDialog
      wide
      danger
      whyNeeded
      title={text.removing(role.name)}
      does={text.remove}
      disabled={preview.pending || (refused && !keep)}
      onDo={async (comment) =>
        saved(
          await call('DELETE /api/admin/organizations/{organization_id}/roles/{name}', {
            path: { organization_id: id, name: role.name },
            query: { move_to: moveTo, comment, expected_version: version, keep_platform_references: keep },
          }),
        )
      }
      onClose={onClose}
    >
      <ChangedMeanwhile version={version} />
      <div className="move-to">
        <span aria-hidden className="field-label">
          {text.moveTo}
        </span>
        <Select
          label={text.moveTo}
          value={moveTo}
          options={[
            { value: '', label: text.moveNone },
            ...roles.filter(({ name }) => name !== role.name).map(({ name }) => ({ value: name, label: name })),
          ]}
          onChoose={setMoveTo}
        />
      </div>
      <Keep role={role} keep={keep} onKeep={setKeep} />
      <Consequences preview={preview} unanswered={moveTo === ''} />
    </ChangeDialog>
  );
}

/** What of the platform's names a role is for the platform to leave as it is. */
function Keep({ role, keep, onKeep }: KeepProps) {
  const { roles: text } = words.organization;
  const { caller } = useSession();
  if (caller.organization_id !== '' || (role.use?.references.length ?? 0) === 0) return null;
  return <Tick label={text.keep} hint={text.keepWhat} checked={keep} onTick={onKeep} />;
}

interface KeepProps {
  readonly role: OrganizationRole;
  readonly keep: boolean;
  readonly onKeep: (keep: boolean) => void;
}

function useSaved(id: string) {
  const queries = useQueryClient();
  return async ({ backfill_ids }: { readonly backfill_ids: readonly string[] }): Promise<void> => {
    const { saved: title, savedBackfill } = words.organization.roles;
    tell({ kind: 'done', title, ...(backfill_ids.length > 0 ? { what: savedBackfill } : {}) });
    await queries.invalidateQueries({ queryKey: ['organizations', id] });
  };
}
