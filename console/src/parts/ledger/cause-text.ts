import type { Cause } from '../../../../src/protocol/gen/admin-json.js';
import type { Session } from '../../api/session.js';
import { words } from '../../words/ledger-words.js';
import { actorTo } from './entry-text.js';

/** Through what an entry of the ledger came about, in words, as it is told to who is signed in. */
export function causeText(session: Session, cause: Cause): string {
  const { through } = words.ledger;
  const { type, action, stage, roles } = cause;
  const actor = cause.actor === '' ? '' : actorTo(session, cause);
  switch (type) {
    case 'TYPE_EVENT':
      return through.TYPE_EVENT(action);
    case 'TYPE_PROGRESS':
      return through.TYPE_PROGRESS(stage);
    case 'TYPE_MANUAL':
      return through.TYPE_MANUAL(actor);
    case 'TYPE_CORRECTION':
      return through.TYPE_CORRECTION(actor);
    case 'TYPE_ROLE':
      return through.TYPE_ROLE(roles.join(', '));
    default:
      return through[type];
  }
}
