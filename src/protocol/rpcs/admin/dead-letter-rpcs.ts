import type { DeadLetterService } from '../../../services/events/dead-letters.js';
import type { EventKey as KeyMessage, DeadLetter as LetterMessage } from '../../gen/latchkey/v1/dead_letter.js';
import { instant } from '../../messages/fields.js';
import { Paging } from '../../messages/paging.js';
import type { AdminRpcs } from './admin-rpcs.js';

type DeadLetter = Awaited<ReturnType<DeadLetterService['list']>>['items'][number];
type EventKey = Parameters<DeadLetterService['replay']>[1][number];

/** Reading, replaying and discarding dead letters. */
export function deadLetterRpcs(
  deadLetters: DeadLetterService,
): AdminRpcs<'listDeadLetters' | 'replayDeadLetters' | 'discardDeadLetters'> {
  return {
    listDeadLetters: {
      async handle(request, call) {
        const paging = new Paging('ListDeadLetters', request);
        const { items, next, total } = await deadLetters.list(call, paging.page);
        return { deadLetters: items.map(letterMessage), nextPageToken: paging.tokenOf(next), total };
      },
    },
    replayDeadLetters: {
      handle: async ({ events, comment }, call) => ({
        replayed: await deadLetters.replay(call, events.map(keyOf), comment),
      }),
    },
    discardDeadLetters: {
      handle: async ({ events, comment }, call) => ({
        discarded: await deadLetters.discard(call, events.map(keyOf), comment),
      }),
    },
  };
}

function letterMessage({ occurredAt, receivedAt, reason, ...event }: DeadLetter): LetterMessage {
  const { id, source, userId, action, value, properties, reverses, contributor, contribution = '' } = event;
  // What counts for an organization has that where users' events have the user.
  const of =
    contributor === undefined
      ? { userId, organizationId: event.organizationId ?? '' }
      : { userId: contributor, organizationId: userId };
  return {
    event: { id, source, ...of, action, occurredAt: instant(occurredAt), value, properties, reverses },
    reason,
    receivedAt: instant(receivedAt),
    contribution,
  };
}

function keyOf({ contribution, organizationId, ...key }: KeyMessage): EventKey {
  return contribution === '' ? key : { userId: organizationId, source: '', id: '', contribution };
}
