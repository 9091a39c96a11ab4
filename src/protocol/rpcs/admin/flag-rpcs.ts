import { namesIn } from '../../../core/sentences/uses.js';
import type { ServiceSet } from '../../../services/service-set.js';
import { accessMessage } from '../../messages/access-row.js';
import { flagMessage } from '../../messages/configuration-messages.js';
import { enumWord } from '../../messages/fields.js';
import { Paging } from '../../messages/paging.js';
import type { AdminRpcs } from './admin-rpcs.js';

/** By the numbers of AccessSubject; 0 is anybody. */
const SUBJECTS = ['roles', 'roles', 'organizations', 'users'] as const;

/** Reading flags and their access rows. */
export function flagRpcs({
  flagLookup,
  keeper,
}: Pick<ServiceSet, 'flagLookup' | 'keeper'>): AdminRpcs<'getFlag' | 'listAccess'> {
  return {
    getFlag: {
      async handle({ flag: keyOrId }, call) {
        const flag = await flagLookup.get(call, keyOrId);
        const { snapshot } = keeper;
        return { flag: flagMessage(flag, namesIn(snapshot), snapshot.flags.get(flag.key)) };
      },
    },
    listAccess: {
      async handle(request, call) {
        const paging = new Paging('ListAccess', request);
        const { flag, q, subject } = request;
        const { items, next } = await flagLookup.access(call, flag, paging.page, {
          prefix: q,
          ...(subject === 0 ? {} : { subject: enumWord(SUBJECTS, subject, '/subject') }),
        });
        return { access: items.map(accessMessage), nextPageToken: paging.tokenOf(next) };
      },
    },
  };
}
