import { useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { Token } from '../../../../src/protocol/gen/admin-json.js';
import { call } from '../../api/api.js';
import { Button } from '../../ui/button.js';
import { tell } from '../../ui/toasts.js';
import { tokenWords as text } from '../../words/token-words.js';
import { ChangeDialog } from '../change-dialog.js';
import { isolated } from '../isolated.js';
import { PlainTable } from '../list/plain-table.js';
import { useMay, useSession } from '../page/session-context.js';
import { Instant } from '../time/instant.js';
import { Moment } from '../time/moment.js';
import { useNow } from '../time/now.js';
import { MakeToken } from './make-token.js';
import './tokens.css';

export type TokenState = 'active' | 'expired' | 'revoked';

/** Whether a token may still be used. */
export function stateOf({ revoked_at, expires_at }: Token, nowMs: number): TokenState {
  if (revoked_at !== undefined) return 'revoked';
  return expires_at !== undefined && Date.parse(expires_at) <= nowMs ? 'expired' : 'active';
}

export interface TokenTableProps {
  readonly tokens: readonly Token[];
  /** The organization that all of them are bound to, where that is so. */
  readonly organization?: string;
}

/** Tokens, each to be replaced and revoked. */
export function TokenTable({ tokens, organization }: TokenTableProps) {
  const [asked, setAsked] = useState<{ readonly does: 'replace' | 'revoke'; readonly token: Token }>();
  const mayMake = useMay('CreateToken');
  const mayRevoke = useMay('RevokeToken');
  const close = () => setAsked(undefined);
  const now = useNow().getTime();
  return (
    <>
      <PlainTable
        name={text.table}
        columns={[
          { key: 'token', name: text.columns.token },
          { key: 'scopes', name: text.columns.scopes, whole: true },
          ...(organization === undefined ? [{ key: 'organization', name: text.columns.organization }] : []),
          { key: 'used', name: text.columns.used, whole: true },
          { key: 'ends', name: text.columns.ends, whole: true },
          { key: 'state', name: text.columns.state, whole: true },
          ...(mayMake || mayRevoke ? [{ key: 'actions', name: text.columns.actions, nameUnseen: true }] : []),
        ]}
        rows={tokens.map((token) => ({
          key: token.id,
          cells: {
            token: (
              <div className="token-name">
                <bdi>{token.name}</bdi>
                <code>{token.id}</code>
              </div>
            ),
            scopes: (
              <span className="badges">
                {token.scopes.map((scope) => (
                  <span key={scope} className="badge">
                    {scope}
                  </span>
                ))}
              </span>
            ),
            organization:
              token.organization_id === '' ? (
                <span className="soft token-everybody">{text.everybody}</span>
              ) : (
                <Link to="/organizations/$id" params={{ id: token.organization_id }} search={{}}>
                  <bdi>{token.organization_id}</bdi>
                </Link>
              ),
            used: <Instant at={token.last_used_at} />,
            ends: <Instant at={token.expires_at} />,
            state: <StateBadge state={stateOf(token, now)} />,
            actions: stateOf(token, now) === 'active' && (
              <div className="row-actions">
                {mayMake && (
                  <Button
                    kind="quiet"
                    aria-label={text.replaceOf(token.name)}
                    onClick={() => setAsked({ does: 'replace', token })}
                  >
                    {text.replace}
                  </Button>
                )}
                {mayRevoke && (
                  <Button
                    kind="quiet"
                    aria-label={text.revokeOf(token.name)}
                    onClick={() => setAsked({ does: 'revoke', token })}
                  >
                    {text.revoke}
                  </Button>
                )}
              </div>
            ),
          },
        }))}
      />
      {asked?.does === 'replace' && <MakeToken organization={organization} from={asked.token} onClose={close} />}
      {asked?.does === 'revoke' && <RevokeToken token={asked.token} onClose={close} />}
    </>
  );
}

function StateBadge({ state }: { readonly state: TokenState }) {
  return (
    <span className="badge" data-tone={state === 'active' ? 'good' : undefined}>
      {text[state]}
    </span>
  );
}

/** Revokes a token, and says before who would notice. */
function RevokeToken({ token, onClose }: { readonly token: Token; readonly onClose: () => void }) {
  const { caller } = useSession();
  const queries = useQueryClient();
  return (
    <ChangeDialog
      danger
      title={text.revoking(isolated(token.name))}
      what={text.revokingWhat}
      does={text.revoke}
      onDo={async (comment) => {
        await call('DELETE /api/admin/tokens/{token_id}', { path: { token_id: token.id }, query: { comment } });
        tell({ kind: 'done', title: text.revokedNow(isolated(token.name)) });
        await queries.invalidateQueries({ queryKey: ['tokens'] });
      }}
      onClose={onClose}
    >
      <div className="consequences">
        {token.last_used_at === undefined ? (
          <p>{text.neverUsed}</p>
        ) : (
          <p>
            {text.usedLast}
            <Moment at={token.last_used_at} />.
          </p>
        )}
        {caller.id === token.id && <p className="loss">{text.own}</p>}
      </div>
    </ChangeDialog>
  );
}
