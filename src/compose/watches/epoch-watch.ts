import type { Store } from '../../store/store.js';

/** Remembers the store's epoch, which every write and every token needs, and notices when a restore has changed it. */
export class EpochWatch {
  readonly #store: Pick<Store, 'epoch'>;
  readonly #onChange: () => void;
  #epoch: string | undefined;

  constructor(store: Pick<Store, 'epoch'>, onChange: () => void) {
    this.#store = store;
    this.#onChange = onChange;
  }

  async current(): Promise<string> {
    return this.#epoch ?? this.refresh();
  }

  async refresh(): Promise<string> {
    const epoch = await this.#store.epoch();
    const changed = this.#epoch !== undefined && this.#epoch !== epoch;
    this.#epoch = epoch;
    if (changed) this.#onChange();
    return epoch;
  }
}
