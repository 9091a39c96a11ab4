import { dayNumber } from '../../core/values/time/time.js';
import type { NewEvent } from '../../store/event-store.js';
import type { ActionVolume, DayVolume, VolumeStore } from '../../store/volume-store.js';

/** Of how many actions and days one worker holds volumes until they are stored; what is done of others meanwhile is left out. */
const MAX_HELD = 10_000;

/**
 * How often each action was done, by day, of what this worker counted. It is held in memory and stored now and then, so that counting
 * events costs no statement more, and no row is one that every batch writes: what a worker that is killed had not stored yet is missing.
 */
export class VolumeTally {
  readonly #store: Pick<VolumeStore, 'add'>;
  #held = new Map<string, ActionVolume & DayVolume>();

  constructor(store: Pick<VolumeStore, 'add'>) {
    this.#store = store;
  }

  /** Counts events that were committed as counted. One that takes back another was nobody's action. */
  add(events: readonly Pick<NewEvent, 'action' | 'occurredAt' | 'reverses'>[]): void {
    for (const { action, occurredAt, reverses } of events) {
      if (reverses === undefined) this.#count({ action, day: dayNumber(occurredAt), times: 1 });
    }
  }

  /** Stores what is held. Rejects as the store does: then it is held on. */
  async store(): Promise<void> {
    const held = [...this.#held.values()];
    if (held.length === 0) return;
    this.#held = new Map();
    try {
      await this.#store.add(held);
    } catch (error) {
      for (const one of held) this.#count(one);
      throw error;
    }
  }

  #count({ action, day, times }: ActionVolume & DayVolume): void {
    const key = `${day} ${action}`;
    const known = this.#held.get(key);
    if (known === undefined && this.#held.size >= MAX_HELD) return;
    this.#held.set(key, { action, day, times: times + (known?.times ?? 0) });
  }
}
