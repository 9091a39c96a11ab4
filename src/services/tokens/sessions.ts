import { randomUUID } from 'node:crypto';
import type { Call, Machine, Operator } from '../../calls/caller.js';
import { LatchkeyError, unauthenticated } from '../../calls/errors.js';
import { SESSION_IDLE_MS, SESSION_MS } from '../../calls/token-end.js';
import { recordAudit } from '../../calls/writes/record-audit.js';
import type { Notifier } from '../../notify/notifier.js';
import type { Store, Transaction } from '../../store/store.js';
import type { MachineToken } from '../../store/token-store.js';
import type { Authentication } from './authentication.js';
import { hashSecret, newSecret } from './tokens.js';

export interface SessionServiceOptions {
  readonly store: Pick<Store, 'transaction' | 'tokens' | 'deployment'>;
  readonly notifier: Notifier;
  readonly authentication: Pick<Authentication, 'named' | 'session'>;
}

/** Whoever may sign in: a machine token, or a person who administers the platform or an organization. */
export type SigningIn = Machine | Operator;

/** How many sessions of one token, or of one person's JWTs, there are at once: one more ends the one used longest ago. */
const MAX_SESSIONS = 50;

/**
 * Sessions of those who have signed in: each stands for the token, or the JWT, that it was exchanged for, with its scopes and its
 * organization, and is over with it.
 */
export class SessionService {
  readonly #options: SessionServiceOptions;
  #deployment: string | undefined;

  constructor(options: SessionServiceOptions) {
    this.#options = options;
  }

  /** The deployment's id, which is read once. */
  async deployment(): Promise<string> {
    this.#deployment ??= await this.#options.store.deployment();
    return this.#deployment;
  }

  /**
   * Begins a session for who calls with a token, or with a JWT; only this answer has its secret. It is always another one than there
   * was before, and ends with the token, or the JWT, at the latest.
   */
  async begin(call: Call & { readonly caller: SigningIn }): Promise<{ session: MachineToken; secret: string }> {
    const { store, notifier } = this.#options;
    const secret = newSecret();
    const session = await store.transaction(async (tx) => {
      const now = await tx.now();
      const made = this.#sessionOf(call.caller, secret, now);
      await endOldest(tx, made, now);
      await tx.tokens.add(made);
      const change = { before: undefined, after: made, comment: '' };
      await recordAudit(tx, call, now, { action: 'session.begin', target: made.id, ...change });
      return made;
    });
    await notifier.publish({ kind: 'tokens' });
    return { session, secret };
  }

  /** Ends the session of this secret, for good; nothing where there is none, or it is over. */
  async end(secret: string, requestId: string): Promise<void> {
    const { store, notifier } = this.#options;
    const caller = await this.#callerOf(secret);
    if (caller?.sessionId === undefined) return;
    const id = caller.sessionId;
    await store.transaction(async (tx) => {
      const now = await tx.now();
      const session = await tx.tokens.revoke(id, now);
      if (session?.revokedAt !== now) return;
      const change = { before: undefined, after: session, comment: '' };
      await recordAudit(tx, { caller, requestId }, now, { action: 'session.end', target: id, ...change });
    });
    await notifier.publish({ kind: 'tokens' });
  }

  /** The session by which somebody calls, and the name of the token behind it; of a call without a session its token's. */
  whoIs(caller: SigningIn): { readonly name: string; readonly session: MachineToken | undefined } {
    const { authentication } = this.#options;
    const session = caller.sessionId === undefined ? undefined : authentication.named(caller.sessionId);
    const name = caller.kind === 'machine' ? (authentication.named(caller.tokenId)?.name ?? '') : caller.userId;
    return { name, session };
  }

  async #callerOf(secret: string): Promise<SigningIn | undefined> {
    try {
      return await this.#options.authentication.session(secret);
    } catch (error) {
      if (error instanceof LatchkeyError && error.code === 'UNAUTHENTICATED') return undefined;
      throw error;
    }
  }

  #sessionOf(caller: SigningIn, secret: string, now: number): MachineToken {
    const { authentication } = this.#options;
    const common = { id: `ses_${randomUUID().replaceAll('-', '')}`, hash: hashSecret(secret), createdAt: now };
    const atMost = (end = Infinity): number => Math.min(now + SESSION_MS, end);
    const { organizationId } = caller;
    if (caller.kind === 'operator') {
      const { userId, expiresAt } = caller;
      const session = { parentId: '', userId };
      return {
        ...{ ...common, name: userId, scopes: [], organizationId, session },
        ...{ expiresAt: atMost(expiresAt), lastUsedAt: now },
      };
    }
    const parent = authentication.named(caller.tokenId);
    if (parent === undefined) throw unauthenticated('the token is not known here any more');
    const { name, scopes, expiresAt } = parent;
    const session = { parentId: parent.id, userId: '' };
    return {
      ...{ ...common, name, scopes, organizationId, session },
      ...{ expiresAt: atMost(expiresAt), lastUsedAt: now },
    };
  }
}

/** When a session is over if it is not used again, in epoch milliseconds. */
export function idleEndOf({ lastUsedAt = 0, expiresAt = Infinity }: MachineToken, now: number): number {
  return Math.min(Math.max(lastUsedAt, now) + SESSION_IDLE_MS, expiresAt);
}

async function endOldest(tx: Transaction, { session }: MachineToken, now: number): Promise<void> {
  const present = await tx.tokens.sessionsOf(session!);
  const tooMany = present.slice(0, Math.max(0, present.length - MAX_SESSIONS + 1));
  for (const { id } of tooMany) await tx.tokens.revoke(id, now);
}
