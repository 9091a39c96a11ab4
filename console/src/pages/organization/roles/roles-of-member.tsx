import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { User } from '../../../../../src/protocol/gen/admin-json.js';
import { call } from '../../../api/api.js';
import { ChangeDialog, Tick } from '../../../parts/change-dialog.js';
import { isolated } from '../../../parts/isolated.js';
import { Button } from '../../../ui/button.js';
import { TextField } from '../../../ui/field.js';
import { tell } from '../../../ui/toasts.js';
import { words } from '../../../words/customers-words.js';

export interface RolesOfMemberProps {
  /** Of the organization. */
  readonly id: string;
  readonly user: string;
  /** The roles that the organization defines. */
  readonly defined: readonly string[];
  readonly onClose: () => void;
}

/** Changes the roles of a member, beginning with those that they have by now: a list may be old. */
export function RolesOfMember({ id, user, defined, onClose }: RolesOfMemberProps) {
  const { members: text } = words.organization;
  const [times, setTimes] = useState(0);
  const { data, error } = useQuery({
    queryKey: ['user', user, 'roles', times],
    queryFn: ({ signal }) => userOf(user, signal),
    staleTime: 0,
    gcTime: 0,
    refetchOnWindowFocus: false,
  });
  if (data === undefined || data.organization_id !== id)
    return (
      <ChangeDialog
        whyless
        disabled
        title={text.changing(isolated(user))}
        does={text.save}
        onDo={() => Promise.resolve()}
        onClose={onClose}
      >
        <p className="consequences" role="status">
          {error?.message ?? (data === undefined ? text.asking : text.nowElsewhere(isolated(data.organization_id)))}
        </p>
      </ChangeDialog>
    );
  return (
    <RolesForm
      key={times}
      id={id}
      found={data}
      defined={defined}
      onStartOver={() => setTimes(times + 1)}
      onClose={onClose}
    />
  );
}

async function userOf(user_id: string, signal?: AbortSignal): Promise<User> {
  const { user } = await call('GET /api/admin/users/{user_id}', {
    path: { user_id },
    ...(signal === undefined ? {} : { signal }),
  });
  if (user === undefined) throw new Error(words.organization.members.nowElsewhere(''));
  return user;
}

interface RolesFormProps {
  readonly id: string;
  readonly found: User;
  readonly defined: readonly string[];
  readonly onStartOver: () => void;
  readonly onClose: () => void;
}

function RolesForm({ id, found, defined, onStartOver, onClose }: RolesFormProps) {
  const { members: text } = words.organization;
  // As they were when the form opened; another answer meanwhile is somebody's change.
  const [{ user_id, roles: before }] = useState(found);
  const [picked, setPicked] = useState<readonly string[]>(before.filter((role) => defined.includes(role)));
  const [others, setOthers] = useState(before.filter((role) => !defined.includes(role)).join(', '));
  const [changed, setChanged] = useState<User>();
  const queries = useQueryClient();
  const typed = others.split(',').map((role) => role.trim());
  // Those that stay keep their places: the first one is the fact `role`.
  const chosen = new Set([...picked, ...typed.filter((role) => role !== '')]);
  const roles = [...before.filter((role) => chosen.has(role)), ...[...chosen].filter((role) => !before.includes(role))];
  const save = async (): Promise<void> => {
    const now = await userOf(user_id);
    if (now.organization_id !== id || !same(now.roles, before)) {
      setChanged(now);
      throw new Error(text.meanwhile(isolated(user_id)));
    }
    const { newly_unlocked } = await call('PATCH /api/admin/users/{user_id}', { path: { user_id }, body: { roles } });
    tell({
      kind: 'done',
      title: text.saved(isolated(user_id)),
      ...(newly_unlocked.length > 0 ? { what: text.unlocked(newly_unlocked) } : {}),
    });
    await queries.invalidateQueries({ queryKey: ['organizations', id] });
    await queries.invalidateQueries({ queryKey: ['user', user_id] });
  };
  return (
    <ChangeDialog
      whyless
      title={text.changing(isolated(user_id))}
      what={text.changingWhat}
      does={text.save}
      disabled={changed !== undefined || same(roles, before)}
      onDo={save}
      onClose={onClose}
    >
      <fieldset className="ticks">
        <legend>{text.columns.roles}</legend>
        {defined.map((role) => (
          <Tick
            key={role}
            label={<bdi>{role}</bdi>}
            checked={picked.includes(role)}
            onTick={(on) => setPicked(on ? [...picked, role] : picked.filter((each) => each !== role))}
          />
        ))}
      </fieldset>
      <TextField
        label={text.others}
        value={others}
        autoComplete="off"
        spellCheck={false}
        onChange={({ target }) => setOthers(target.value)}
      />
      {changed !== undefined && (
        <div className="consequences">
          <p>
            {changed.organization_id === id
              ? text.now(changed.roles.map(isolated))
              : text.nowElsewhere(isolated(changed.organization_id))}
          </p>
          <Button onClick={onStartOver}>{text.startOver}</Button>
        </div>
      )}
    </ChangeDialog>
  );
}

function same(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((each, at) => each === b[at]);
}
