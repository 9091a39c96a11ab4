import type { Cause } from '../../../../src/protocol/gen/admin-json.js';
import { words } from '../../words/ledger-words.js';

/** Through what an entry of the ledger came about, in words. */
export function causeText({ type, action, stage, actor, roles }: Cause): string {
  const { through } = words.ledger;
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
