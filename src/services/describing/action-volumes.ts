import type { Call } from '../../calls/caller.js';
import type { StoreClock } from '../../calls/clock.js';
import { notFound } from '../../calls/errors.js';
import { authorize } from '../../calls/permissions.js';
import type { ConfigurationKeeper } from '../../configuration/configuration-keeper.js';
import type { Action } from '../../core/flags/flag.js';
import { quote } from '../../core/values/json.js';
import { didYouMean } from '../../core/values/nearest-name.js';
import { dayNumber } from '../../core/values/time/time.js';
import type { ActionVolume, DayVolume, VolumeStore } from '../../store/volume-store.js';

/** For how many UTC days volumes are shown, today included. */
export const VOLUME_DAYS = 30;

/** One action: how it is declared, and how often it was done. */
export interface ActionShown {
  readonly name: string;
  /** Undefined where nobody declared it. */
  readonly declared: Action | undefined;
  /** How often it was done in the last 30 days. */
  readonly times: number;
  /** The days on which it was, in their order. */
  readonly days: readonly DayVolume[];
}

export interface ActionVolumesOptions {
  readonly keeper: ConfigurationKeeper;
  readonly volume: Pick<VolumeStore, 'actions' | 'days'>;
  readonly clock: Pick<StoreClock, 'now'>;
}

/** Among how many names a mistyped one is looked for. */
const MAX_COMPARED = 1_000;

/** How often actions are done, as events of users are counted; derived actions have no events of their own. */
export class ActionVolumes {
  readonly #options: ActionVolumesOptions;

  constructor(options: ActionVolumesOptions) {
    this.#options = options;
  }

  /** Rejects with NOT_FOUND for an action that is not declared, that nothing reads, and that was not done in those days. */
  async get(call: Call, name: string): Promise<ActionShown> {
    authorize(call, 'GetAction');
    const { keeper, volume } = this.#options;
    const { snapshot } = keeper;
    const days = await volume.days(name, this.#fromDay());
    const declared = snapshot.actions.get(name);
    const isRead = snapshot.readers.ofAction(name).size > 0 || snapshot.derivations.isSource(name);
    if (declared === undefined && days.length === 0 && !isRead) {
      const near = await this.#near(name);
      throw notFound(
        `no action ${quote(name)} is declared or read, and none was counted in the last ${VOLUME_DAYS} days${near}`,
      );
    }
    return { name, declared, times: days.reduce((sum, { times }) => sum + times, 0), days };
  }

  /** `; did you mean "…"?` for an action that is not declared and that nobody did in those days; '' where no other is spelt nearly like it. */
  async meant(name: string): Promise<string> {
    if (this.#options.keeper.snapshot.actions.has(name)) return '';
    const days = await this.#options.volume.days(name, this.#fromDay());
    return days.length > 0 ? '' : this.#near(name);
  }

  /** The action that is spelt most nearly like it; of several the one that was done most. */
  async #near(name: string): Promise<string> {
    // Few mistype the first character; so a range of names is read, not all.
    const seen = await this.recent([...name][0] ?? '', MAX_COMPARED);
    const often = seen.toSorted((one, other) => other.times - one.times).map(({ action }) => action);
    return didYouMean(name, new Set([...often, ...this.#options.keeper.snapshot.actions.keys()]));
  }

  /** What was done in those days, by name: at most `limit` actions. */
  recent(prefix: string, limit: number): Promise<readonly ActionVolume[]> {
    return this.#options.volume.actions({ prefix, fromDay: this.#fromDay(), limit });
  }

  #fromDay(): number {
    return dayNumber(this.#options.clock.now()) - (VOLUME_DAYS - 1);
  }
}
