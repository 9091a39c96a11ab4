import type { Call } from '../../calls/caller.js';
import { mayCall } from '../../calls/permissions.js';
import { StoreUnavailable } from '../../store/store.js';
import type { Authentication } from './authentication.js';

/** The name of whoever acted, by how the audit names them; '' where there is none to tell. */
export type ActorName = (actor: string) => string;

const NOBODY: ActorName = () => '';
const TOKEN = 'token:';

/**
 * What the machine tokens are called that somebody is told have acted. All tokens are held in memory, revoked ones too, so that no name
 * asks the store of its own.
 */
export class ActorNames {
  readonly #tokens: Pick<Authentication, 'named' | 'confirm'>;

  constructor(tokens: Pick<Authentication, 'named' | 'confirm'>) {
    this.#tokens = tokens;
  }

  /** Names as a caller may be told them: those of all tokens who may list them, and none who may not. */
  toldTo(call: Pick<Call, 'caller'>): ActorName {
    if (!mayCall(call, 'ListTokens')) return NOBODY;
    return (actor) => {
      if (!actor.startsWith(TOKEN)) return '';
      const token = this.#tokens.named(actor.slice(TOKEN.length));
      return token === undefined || token.session !== undefined ? '' : token.name;
    };
  }

  /**
   * The same, once what is held has been confirmed: somebody who comes with a JWT has not had it confirmed. While the store does not answer,
   * as it was held.
   */
  async confirmed(call: Pick<Call, 'caller'>): Promise<ActorName> {
    const names = this.toldTo(call);
    if (names === NOBODY) return names;
    try {
      await this.#tokens.confirm();
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
    }
    return names;
  }
}
