import type { AuditEntry } from '../../../../src/protocol/gen/admin-json.js';
import type { Session } from '../../api/session.js';
import { words } from '../../words/words.js';
import { withLocalInstants } from '../time/instant.js';

function ownActor({ kind, id }: Session['caller']): string {
  return `${kind === 'person' ? 'user' : 'token'}:${id}`;
}

/** Who did something, as it is told to who is signed in: they are themselves `you`. */
export function actorTo({ caller }: Session, actor: string): string {
  return actor === ownActor(caller) ? words.frame.you : actor;
}

/** The sentence of an entry of the audit, as it is told to who is signed in: what they did themselves is theirs. */
export function toldTo({ caller }: Session, { actor, sentence }: AuditEntry): string {
  const own = ownActor(caller);
  const isOwn = actor === own && sentence.startsWith(`${own} `);
  return withLocalInstants(isOwn ? words.frame.youDid(sentence.slice(own.length + 1)) : sentence);
}
