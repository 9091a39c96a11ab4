import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { OrganizationFlag } from '../../../../../src/protocol/gen/admin-json.js';
import { call } from '../../../api/api.js';
import { ChangeDialog } from '../../../parts/change-dialog.js';
import { useSession } from '../../../parts/page/session-context.js';
import { Select } from '../../../ui/field.js';
import { tell } from '../../../ui/toasts.js';
import { words } from '../../../words/customers-words.js';

type Choice = 'none' | 'ALLOW' | 'DENY';

export interface AccessDialogProps {
  readonly id: string;
  readonly flag: OrganizationFlag;
  readonly onClose: () => void;
}

/**
 * Changes the rows of a flag for an organization and for roles within it: the organization's own where its administrator is signed in,
 * the platform's otherwise.
 */
export function AccessDialog({ id, flag, onClose }: AccessDialogProps) {
  const { features } = words.organization;
  const { caller } = useSession();
  const own = caller.organization_id !== '';
  const rows = (own ? flag.own_rows : flag.platform_rows).filter(({ organization_id }) => organization_id === id);
  const before = (role: string): Choice => {
    const row = rows.find((each) => each.role === role && each.enabled !== false);
    return row === undefined ? 'none' : row.effect === 'DENY' ? 'DENY' : 'ALLOW';
  };
  const [chosen, setChosen] = useState<ReadonlyMap<string, Choice>>(new Map());
  const roles = [...new Set(['', ...flag.verdicts.map(({ role }) => role), ...rows.map(({ role }) => role)])];
  const changed = roles.filter((role) => (chosen.get(role) ?? before(role)) !== before(role));
  const queries = useQueryClient();

  const save = async (comment: string): Promise<void> => {
    const row = (role: string) => ({ role, organization_id: id });
    await call('PATCH /api/admin/flags/{flag}/access', {
      path: { flag: flag.flag_key },
      body: {
        comment,
        access: changed.flatMap((role) => {
          const effect = chosen.get(role);
          return effect === 'ALLOW' || effect === 'DENY' ? [{ ...row(role), effect, enabled: true }] : [];
        }),
        remove_access: changed.filter((role) => chosen.get(role) === 'none').map(row),
      },
    });
    tell({ kind: 'done', title: features.saved(flag.flag_key) });
    await queries.invalidateQueries({ queryKey: ['organizations', id] });
  };

  return (
    <ChangeDialog
      title={features.editing(flag.flag_key)}
      what={own ? features.editingOwn : features.editingPlatform}
      does={features.save}
      disabled={changed.length === 0}
      onDo={save}
      onClose={onClose}
    >
      <div className="access-lines">
        {roles.map((role) => {
          const label = role === '' ? features.forWhole : features.forRole(role);
          return (
            <div key={role}>
              <span aria-hidden>{label}</span>
              <Select
                label={label}
                value={chosen.get(role) ?? before(role)}
                options={Object.entries(features.choices).map(([value, text]) => ({ value, label: text }))}
                onChoose={(value) => setChosen(new Map(chosen).set(role, value as Choice))}
              />
            </div>
          );
        })}
      </div>
    </ChangeDialog>
  );
}
