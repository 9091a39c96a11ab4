import type { AuditEntry } from '../../../../src/protocol/gen/admin-json.js';
import type { Session } from '../../api/session.js';
import { words } from '../../words/words.js';
import { isolated } from '../isolated.js';
import { withLocalInstants } from '../time/instant.js';

function ownActor({ kind, id }: Session['caller']): string {
  return `${kind === 'person' ? 'user' : 'token'}:${id}`;
}

/** Who did something: by how the audit names them, with the name of a token where the server tells it. */
export type Acted = Pick<AuditEntry, 'actor' | 'actor_name'>;

/** Who did something, as it is told to who is signed in: they are themselves `you`, and a token goes by its name. */
export function actorTo({ caller }: Session, { actor, actor_name }: Acted): string {
  if (actor === ownActor(caller)) return words.frame.you;
  return actor_name === '' ? actor : words.frame.token(isolated(actor_name));
}

/** The sentence of an entry of the audit, as it is told to who is signed in: what they did themselves is theirs. */
export function toldTo(session: Session, entry: Acted & Pick<AuditEntry, 'sentence'>): string {
  const { actor, sentence } = entry;
  if (!sentence.startsWith(`${actor} `)) return withLocalInstants(sentence);
  const did = sentence.slice(actor.length + 1);
  const isOwn = actor === ownActor(session.caller);
  return withLocalInstants(isOwn ? words.frame.youDid(did) : `${actorTo(session, entry)} ${did}`);
}
