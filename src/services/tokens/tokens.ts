import { hash, randomBytes, randomUUID } from 'node:crypto';
import { type Call, SYSTEM_ID } from '../../calls/caller.js';
import { requireName } from '../../calls/check-input.js';
import { invalid, invalidAt, notFound } from '../../calls/errors.js';
import { authorize } from '../../calls/permissions.js';
import { recordAudit } from '../../calls/writes/record-audit.js';
import { quote } from '../../core/values/json.js';
import type { Notifier } from '../../notify/notifier.js';
import type { Page, PageRequest } from '../../store/page.js';
import type { Store } from '../../store/store.js';
import { type MachineToken, SCOPES, type Scope } from '../../store/token-store.js';

export interface CreateTokenInput {
  readonly name: string;
  readonly scopes: readonly string[];
  /** The organization that the token is bound to; '' for none. */
  readonly organizationId: string;
  readonly expiresAt: number | undefined;
  readonly comment?: string;
}

export interface TokenServiceOptions {
  readonly store: Pick<Store, 'transaction' | 'tokens'>;
  readonly notifier: Notifier;
}

/** The name of the admin token that comes from the environment or the data directory. */
const BOOTSTRAP = 'bootstrap';
const SYSTEM: Call = {
  caller: { kind: 'machine', tokenId: SYSTEM_ID, scopes: new Set(['admin']), organizationId: '' },
  requestId: 'start',
};

/** The form in which a secret is stored: SHA-256 in lower-case hex. A secret has 256 random bits, so no slower hash is needed. */
export function hashSecret(secret: string): string {
  return hash('sha256', secret, 'hex');
}

/** A new secret. Its prefix is there for programs that scan for leaked secrets. */
export function newSecret(): string {
  return `latchkey_${randomBytes(32).toString('base64url')}`;
}

/** Makes, lists and revokes machine tokens. */
export class TokenService {
  readonly #options: TokenServiceOptions;

  constructor(options: TokenServiceOptions) {
    this.#options = options;
  }

  /** Makes a token. Only this answer has its secret, which is not stored. */
  async create(call: Call, input: CreateTokenInput): Promise<{ token: MachineToken; secret: string }> {
    authorize(call, 'CreateToken');
    const secret = newSecret();
    const token = await this.#add(call, secret, input);
    return { token, secret };
  }

  /** Newest first, revoked ones too: tokens or, in their place, sessions. */
  async list(call: Call, page: PageRequest, of: 'tokens' | 'sessions' = 'tokens'): Promise<Page<MachineToken>> {
    authorize(call, 'ListTokens');
    return this.#options.store.tokens.list(page, of);
  }

  /** Revokes a token, with its sessions, or a session, for good. One that was revoked before stays as it is. */
  async revoke(call: Call, id: string, comment = ''): Promise<MachineToken> {
    authorize(call, 'RevokeToken');
    const revoked = await this.#options.store.transaction(async (tx) => {
      const now = await tx.now();
      const token = await tx.tokens.revoke(id, now);
      if (token === undefined) throw notFound(`no token ${quote(id)}`);
      if (token.revokedAt === now) {
        await recordAudit(tx, call, now, {
          action: 'token.revoke',
          target: id,
          before: undefined,
          after: token,
          comment,
        });
      }
      return token;
    });
    await this.#options.notifier.publish({ kind: 'tokens' });
    return revoked;
  }

  /** Makes this secret the bootstrap admin token, and revokes the former one. */
  async bootstrap(secret: string): Promise<void> {
    const wanted = hashSecret(secret);
    const tokens = await this.#options.store.tokens.all();
    const present = tokens.filter(
      ({ name, revokedAt, session }) => name === BOOTSTRAP && revokedAt === undefined && session === undefined,
    );
    const known = tokens.find((token) => token.hash === wanted);
    // Checked before anything is revoked: a start that is refused must not lock everybody out.
    if (known !== undefined && !present.includes(known)) {
      throw invalid(
        known.revokedAt === undefined
          ? `the admin token that is given is already the token ${known.id}; give one of its own`
          : 'the admin token that is given was revoked before; give another one',
      );
    }
    for (const token of present) if (token !== known) await this.revoke(SYSTEM, token.id);
    if (known !== undefined) return;
    const input = { name: BOOTSTRAP, scopes: ['admin'], organizationId: '', expiresAt: undefined };
    await this.#add(SYSTEM, secret, input).catch(async (error: unknown) => {
      // Another server that starts at the same moment may have added it.
      if ((await this.#options.store.tokens.byHash(wanted)) === undefined) throw error;
    });
  }

  async #add(call: Call, secret: string, input: CreateTokenInput): Promise<MachineToken> {
    const scopes = checkToken(input);
    const { name, organizationId, expiresAt, comment = '' } = input;
    const token = await this.#options.store.transaction(async (tx) => {
      const now = await tx.now();
      if (expiresAt !== undefined && expiresAt <= now)
        throw invalidAt('/expires_at', 'expires_at is in the past; give a later instant');
      const made: MachineToken = {
        id: `tok_${randomUUID().replaceAll('-', '')}`,
        name,
        hash: hashSecret(secret),
        scopes,
        organizationId,
        createdAt: now,
        ...(expiresAt === undefined ? {} : { expiresAt }),
      };
      await tx.tokens.add(made);
      await recordAudit(tx, call, now, {
        action: 'token.create',
        target: made.id,
        before: undefined,
        after: made,
        comment,
      });
      return made;
    });
    await this.#options.notifier.publish({ kind: 'tokens' });
    return token;
  }
}

function checkToken({ name, scopes, organizationId }: CreateTokenInput): readonly Scope[] {
  requireName('name', name, '/name');
  if (organizationId !== '') requireName('organizationId', organizationId, '/organization_id');
  if (scopes.length === 0) throw invalidAt('/scopes', `a token needs at least one scope: ${SCOPES.join(', ')}`);
  return [...new Set(scopes)].map((scope) => {
    const known = SCOPES.find((one) => one === scope);
    if (known === undefined) throw invalidAt('/scopes', `the scope ${quote(scope)} is none of: ${SCOPES.join(', ')}`);
    return known;
  });
}
