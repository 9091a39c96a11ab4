import { type Caller, confinedTo } from '../../calls/caller.js';
import { quote } from '../../core/values/json.js';
import { faultOfName } from '../../core/values/names.js';
import type { NewEvent } from '../../store/event-store.js';

/**
 * The organization that an event is of, as far as anybody says: a person's verified token, a token that is bound to one, else the event
 * itself. Gives what is wrong where the event says another one than its caller may. Where nobody says, it is the one that the user was
 * in when the event occurred, which is found when it is counted.
 */
export function organizationOfEvent(caller: Caller, said: unknown): Pick<NewEvent, 'organizationId'> | string {
  const own = caller.kind === 'person' ? caller.organizationId : confinedTo(caller);
  const given = said === undefined || said === '' ? undefined : said;
  if (caller.kind === 'person' || own !== '') {
    if (given !== undefined && given !== own) {
      const why = own === '' ? 'names no organization' : `is of ${quote(own)}`;
      return `/organization_id: ${quote(given)} is not the caller’s to say, whose token ${why}; leave it out`;
    }
    return own === '' ? {} : { organizationId: own };
  }
  if (given === undefined) return {};
  return faultOfName('organizationId', given) ?? { organizationId: given as string };
}
