import { number } from './counting.js';
import { spoken } from './spoken.js';
import { words as everywhere } from './words.js';

/** What stands in the ledger, and through what it came about. */
export const ledgerWords = {
  kinds: {
    KIND_UNSPECIFIED: 'changed',
    KIND_UNLOCKED: 'unlocked',
    KIND_GRANTED: 'granted by hand',
    KIND_REVOKED: 'taken away',
    KIND_REARMED: 'may be earned again',
    KIND_RELOCKED: 'relocked',
  },
  rule: {
    at: (n: number) => `Rule ${number.format(n)}`,
    gone: 'a rule that is gone',
    some: 'one of its rules',
  },
  through: {
    TYPE_UNSPECIFIED: '',
    TYPE_EVENT: (action: string) => `through ${action}`,
    TYPE_IDENTIFY: 'through who they are',
    TYPE_PROGRESS: (stage: string) => `through reaching ${stage}`,
    TYPE_ACCESS: 'through their rows',
    TYPE_ORGANIZATION: 'through their organization',
    TYPE_TIME: 'through time',
    TYPE_BACKFILL: 'through a new or changed rule',
    TYPE_LEDGER: 'through another unlock',
    TYPE_MANUAL: (actor: string) => (actor === '' ? 'by hand' : `by ${actor}`),
    TYPE_CORRECTION: (actor: string) => (actor === '' ? 'through a correction' : `through a correction by ${actor}`),
    TYPE_ROLE: (roles: string) => (roles === '' ? 'through roles' : `through the roles ${roles}`),
  },
};

export const words = { ...everywhere, ...spoken({ ledger: ledgerWords }) };
