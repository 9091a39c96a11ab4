import type { UserDistinctValue } from '../../core/counting/distinct-values.js';
import type { UserSpans } from '../../core/counting/sequences.js';
import type { NewEvent } from '../../store/event-store.js';
import type { UserWriter } from '../../store/user-store.js';
import type { JudgedEvents } from '../judge-events.js';

/** What is kept of users by which it is known what their events count as. */
export class KeptInMemory implements Pick<UserWriter, 'distinctValues' | 'spans' | 'lastEvents'> {
  readonly distinct: UserDistinctValue[] = [];
  /** How often earlier events were read. */
  reads = 0;
  readonly #values = new Set<string>();
  readonly #spans = new Map<string, UserSpans>();
  readonly #events: NewEvent[] = [];

  /** Keeps what a transaction with these events writes. */
  put(events: readonly NewEvent[], { distinct, spans }: Pick<JudgedEvents['counted'], 'distinct' | 'spans'>): void {
    for (const { by, ...value } of distinct) this.#values.add(JSON.stringify(value));
    for (const one of spans) this.#spans.set(`${one.userId} ${one.action}`, one);
    this.distinct.push(...distinct);
    this.#events.push(...events);
  }

  allSpans(): readonly UserSpans[] {
    return [...this.#spans.values()];
  }

  distinctValues: UserWriter['distinctValues'] = async (values) => {
    const asked = new Set(values.map((value) => JSON.stringify(value)));
    return {
      isBy: () => false,
      has: (value) => {
        const text = JSON.stringify(value);
        if (!asked.has(text)) throw new Error(`nobody asked for ${text}`);
        return this.#values.has(text);
      },
    };
  };

  spans: UserWriter['spans'] = async (of) =>
    of.flatMap(({ userId, action }) => this.#spans.get(`${userId} ${action}`) ?? []);

  lastEvents: UserWriter['lastEvents'] = async (userId, actions, limit) => {
    this.reads++;
    return this.#events.filter((event) => event.userId === userId && actions.includes(event.action)).slice(-limit);
  };
}
