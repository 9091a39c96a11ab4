import type { AuditEntry } from '../../../src/protocol/gen/admin-json.js';
import type { Session } from '../api/session.js';
import { words } from '../words/words.js';
import { withLocalInstants } from './instant.js';

/** The sentence of an entry of the audit, as it is told to who is signed in: what they did themselves is theirs. */
export function toldTo({ caller }: Session, { actor, sentence }: AuditEntry): string {
  const own = `${caller.kind === 'person' ? 'user' : 'token'}:${caller.id}`;
  const isOwn = actor === own && sentence.startsWith(`${own} `);
  return withLocalInstants(isOwn ? words.frame.youDid(sentence.slice(own.length + 1)) : sentence);
}
