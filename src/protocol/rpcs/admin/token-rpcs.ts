import type { TokenService } from '../../../services/tokens/tokens.js';
import type { Token } from '../../gen/latchkey/v1/token.js';
import { epochMs, instant } from '../../messages/fields.js';
import { Paging } from '../../messages/paging.js';
import type { AdminRpcs } from './admin-rpcs.js';

type MachineToken = Awaited<ReturnType<TokenService['revoke']>>;

/** Making, listing and revoking machine tokens. */
export function tokenRpcs(tokens: TokenService): AdminRpcs<'createToken' | 'listTokens' | 'revokeToken'> {
  return {
    createToken: {
      async handle({ name, scopes, organizationId, expiresAt, comment }, call) {
        const input = { name, scopes, organizationId, expiresAt: epochMs(expiresAt), comment };
        const { secret, token } = await tokens.create(call, input);
        return { secret, token: tokenMessage(token) };
      },
    },
    listTokens: {
      async handle(request, call) {
        const paging = new Paging('ListTokens', request);
        const { items, next } = await tokens.list(call, paging.page, request.sessions ? 'sessions' : 'tokens');
        return { tokens: items.map(tokenMessage), nextPageToken: paging.tokenOf(next) };
      },
    },
    revokeToken: {
      handle: async ({ id, comment }, call) => ({ token: tokenMessage(await tokens.revoke(call, id, comment)) }),
    },
  };
}

/** A token as a message, without its hash, which is told to nobody. */
function tokenMessage({ id, name, scopes, organizationId, session, ...at }: MachineToken): Token {
  return {
    id,
    name,
    scopes: [...scopes],
    organizationId,
    createdAt: instant(at.createdAt),
    expiresAt: instant(at.expiresAt),
    lastUsedAt: instant(at.lastUsedAt),
    revokedAt: instant(at.revokedAt),
    parentId: session?.parentId ?? '',
    userId: session?.userId ?? '',
  };
}
