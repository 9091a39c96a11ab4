import { useQueryClient } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import type { Token } from '../../../../src/protocol/gen/admin-json.js';
import { call } from '../../api/api.js';
import { serverNow } from '../../api/server-clock.js';
import { Select, TextField } from '../../ui/field.js';
import { tokenWords as text } from '../../words/token-words.js';
import { ChangeDialog, Tick } from '../change-dialog.js';
import { isolated } from '../isolated.js';
import { epochOf, LocalInstantField, ZONE } from '../time/local-instant-field.js';
import { SecretDialog } from './secret-dialog.js';
import { DAY_MS, ENDINGS, type Ending, endLike } from './token-end.js';

const PLATFORM_SCOPES = ['evaluate', 'track', 'identify', 'manage', 'admin', 'test'] as const;
const BOUND_SCOPES = ['manage', 'identify', 'evaluate', 'track'] as const;

export interface MakeTokenProps {
  /** The organization that it is bound to, where that is settled. */
  readonly organization?: string | undefined;
  /** The token whose place it takes: what it may do is the same. */
  readonly from?: Token;
  readonly onClose: () => void;
}

/** Makes a token, and shows its secret once. */
export function MakeToken({ organization, from, onClose }: MakeTokenProps) {
  const [name, setName] = useState(from?.name ?? '');
  const [boundTo, setBoundTo] = useState(organization ?? from?.organization_id ?? '');
  const [picked, setPicked] = useState<readonly string[]>(
    from?.scopes ?? (organization === undefined ? [] : ['manage']),
  );
  const [endAtFirst] = useState(() => endLike(from, serverNow()));
  const [ending, setEnding] = useState<Ending>(endAtFirst.ending);
  const [until, setUntil] = useState(endAtFirst.until);
  const [secret, setSecret] = useState<string>();
  const made = useRef(false);
  const queries = useQueryClient();
  const bound = boundTo.trim() !== '';
  const offered = bound ? BOUND_SCOPES : PLATFORM_SCOPES;
  const scopes = offered.filter((scope) => picked.includes(scope));
  const at = ending === 'at' ? epochOf(until) : undefined;
  const past = at !== undefined && at <= serverNow();

  if (secret !== undefined)
    return (
      <SecretDialog
        secret={secret}
        {...(from === undefined ? {} : { what: text.onceReplacing(isolated(from.name)) })}
        onClose={onClose}
      />
    );
  const make = async (comment: string): Promise<void> => {
    const days = ENDINGS[ending];
    const end = days === undefined ? at : serverNow() + days * DAY_MS;
    const { secret: fresh } = await call('POST /api/admin/tokens', {
      body: {
        name: name.trim(),
        scopes: [...scopes],
        organization_id: boundTo.trim(),
        comment,
        ...(end === undefined ? {} : { expires_at: new Date(end).toISOString() }),
      },
    });
    made.current = true;
    setSecret(fresh);
    await queries.invalidateQueries({ queryKey: ['tokens'] });
  };
  return (
    <ChangeDialog
      shownOnce
      title={titleOf(organization, from)}
      what={from === undefined ? text.makingWhat : text.replacingWhat}
      does={text.doMake}
      disabled={name.trim() === '' || scopes.length === 0 || (ending === 'at' && (at === undefined || past))}
      onDo={make}
      onClose={() => {
        if (!made.current) onClose();
      }}
    >
      <TextField
        label={text.name}
        hint={text.nameWhat}
        value={name}
        required
        maxLength={255}
        autoComplete="off"
        onChange={({ target }) => setName(target.value)}
      />
      {organization === undefined && (
        <TextField
          label={text.organization}
          hint={text.organizationWhat}
          value={boundTo}
          maxLength={191}
          autoComplete="off"
          spellCheck={false}
          disabled={from !== undefined}
          onChange={({ target }) => setBoundTo(target.value)}
        />
      )}
      <fieldset className="ticks">
        <legend>{text.scopes}</legend>
        {offered.map((scope) => (
          <Tick
            key={scope}
            label={scope}
            hint={bound ? text.boundScopeWhat[scope as (typeof BOUND_SCOPES)[number]] : text.scopeWhat[scope]}
            checked={picked.includes(scope)}
            onTick={(on) => setPicked(on ? [...picked, scope] : picked.filter((each) => each !== scope))}
          />
        ))}
      </fieldset>
      <div className="move-to">
        <span aria-hidden className="field-label">
          {text.ends}
        </span>
        <Select
          label={text.ends}
          value={ending}
          options={Object.entries(text.endings).map(([value, label]) => ({ value, label }))}
          onChoose={(value) => setEnding(value as Ending)}
        />
      </div>
      {ending === 'at' && (
        <LocalInstantField
          label={text.endsAt}
          hint={text.zone(ZONE)}
          fault={past ? text.past : undefined}
          required
          value={until}
          onValue={setUntil}
        />
      )}
    </ChangeDialog>
  );
}

function titleOf(organization: string | undefined, from: Token | undefined): string {
  if (from !== undefined) return text.replacing(isolated(from.name));
  return organization === undefined ? text.making : text.makingFor(isolated(organization));
}
