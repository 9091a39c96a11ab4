import type { DeadLetterService } from '../../../services/events/dead-letters.js';
import type { DeadLetter as LetterMessage } from '../../gen/latchkey/v1/dead_letter.js';
import { instant } from '../../messages/fields.js';
import { pageRequest } from '../../messages/page-request.js';
import type { AdminRpcs } from './admin-rpcs.js';

type DeadLetter = Awaited<ReturnType<DeadLetterService['list']>>['items'][number];

/** Events that could not be processed. */
export function deadLetterRpcs(deadLetters: DeadLetterService): AdminRpcs<'listDeadLetters' | 'replayDeadLetters'> {
  return {
    listDeadLetters: {
      async handle(request, call) {
        const { items, next = '', total } = await deadLetters.list(call, pageRequest(request));
        return { deadLetters: items.map(letterMessage), nextPageToken: next, total };
      },
    },
    replayDeadLetters: {
      handle: async ({ events, comment }, call) => ({ replayed: await deadLetters.replay(call, events, comment) }),
    },
  };
}

function letterMessage({ occurredAt, receivedAt, reason, ...event }: DeadLetter): LetterMessage {
  const { id, source, userId, action, value, properties } = event;
  return {
    event: { id, source, userId, action, occurredAt: instant(occurredAt), value, properties },
    reason,
    receivedAt: instant(receivedAt),
  };
}
