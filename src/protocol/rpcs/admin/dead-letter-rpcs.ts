import type { DeadLetterService } from '../../../services/events/dead-letters.js';
import type { DeadLetter as LetterMessage } from '../../gen/latchkey/v1/dead_letter.js';
import { instant } from '../../messages/fields.js';
import { Paging } from '../../messages/paging.js';
import type { AdminRpcs } from './admin-rpcs.js';

type DeadLetter = Awaited<ReturnType<DeadLetterService['list']>>['items'][number];

/** Reading and replaying dead letters. */
export function deadLetterRpcs(deadLetters: DeadLetterService): AdminRpcs<'listDeadLetters' | 'replayDeadLetters'> {
  return {
    listDeadLetters: {
      async handle(request, call) {
        const paging = new Paging('ListDeadLetters', request);
        const { items, next, total } = await deadLetters.list(call, paging.page);
        return { deadLetters: items.map(letterMessage), nextPageToken: paging.tokenOf(next), total };
      },
    },
    replayDeadLetters: {
      handle: async ({ events, comment }, call) => ({ replayed: await deadLetters.replay(call, events, comment) }),
    },
  };
}

function letterMessage({ occurredAt, receivedAt, reason, ...event }: DeadLetter): LetterMessage {
  const { id, source, userId, action, value, properties, reverses } = event;
  return {
    event: { id, source, userId, action, occurredAt: instant(occurredAt), value, properties, reverses },
    reason,
    receivedAt: instant(receivedAt),
  };
}
