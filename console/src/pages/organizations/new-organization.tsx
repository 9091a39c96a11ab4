import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { call } from '../../api/api.js';
import { ChangeDialog, Tick } from '../../parts/change-dialog.js';
import { TextField } from '../../ui/field.js';
import { tell } from '../../ui/toasts.js';
import { words } from '../../words/customers-words.js';

export interface NewOrganizationProps {
  /** An id that was asked for. */
  readonly idAtFirst?: string;
  readonly onClose: () => void;
}

/** Makes an organization, and opens its page. */
export default function NewOrganization({ idAtFirst = '', onClose }: NewOrganizationProps) {
  const [id, setId] = useState(idAtFirst);
  const [strict, setStrict] = useState(false);
  const queries = useQueryClient();
  const navigate = useNavigate();
  const make = async (comment: string): Promise<void> => {
    const organization_id = id.trim();
    await call('PATCH /api/admin/organizations/{organization_id}', {
      path: { organization_id },
      query: { comment, expected_version: 0 },
      body: { strict_roles: strict },
    });
    tell({ kind: 'done', title: words.organizations.made(organization_id) });
    await queries.invalidateQueries({ queryKey: ['organizations'] });
    await navigate({ to: '/organizations/$id', params: { id: organization_id }, search: {} });
  };
  return (
    <ChangeDialog
      title={words.organizations.adding}
      what={words.organizations.addingWhat}
      does={words.organizations.make}
      disabled={id.trim() === ''}
      onDo={make}
      onClose={onClose}
    >
      <TextField
        label={words.organizations.id}
        hint={words.organizations.idWhat}
        value={id}
        required
        maxLength={128}
        autoComplete="off"
        spellCheck={false}
        onChange={({ target }) => setId(target.value)}
      />
      <Tick
        label={words.organizations.strictRoles}
        hint={words.organizations.strictRolesWhat}
        checked={strict}
        onTick={setStrict}
      />
    </ChangeDialog>
  );
}
