import type { Call } from '../../calls/caller.js';
import { invalid } from '../../calls/errors.js';
import { authorize } from '../../calls/permissions.js';
import { recordAudit } from '../../calls/record-audit.js';
import { type ConfigurationWriteOptions, writeConfiguration } from '../../configuration/configuration-write.js';
import type { Action } from '../../core/flags/flag.js';
import { faultOfNames } from '../../core/values/names.js';

const MAX_ACTIONS_PER_CALL = 1_000;

/** Declarations of actions, which say what may be done with one, such as that people may send it. */
export class ActionService {
  readonly #options: ConfigurationWriteOptions;

  constructor(options: ConfigurationWriteOptions) {
    this.#options = options;
  }

  /** Declares these actions or changes their declarations; others stay. Gives all declared actions, ordered by name. */
  async declare(call: Call, actions: readonly Action[], comment: string) {
    authorize(call, 'DeclareActions');
    if (actions.length > MAX_ACTIONS_PER_CALL) {
      throw invalid(`a call declares at most ${MAX_ACTIONS_PER_CALL} actions, not ${actions.length}`);
    }
    const fault = faultOfNames('action', actions);
    if (fault !== undefined) throw invalid(fault);
    const { made, consistencyToken } = await writeConfiguration(
      this.#options,
      'manual',
      async (tx, { now, snapshot }) => {
        const names = new Set(actions.map(({ name }) => name));
        const before = [...snapshot.actions.values()].filter(({ name }) => names.has(name));
        await tx.configuration.putActions(actions);
        await recordAudit(tx, call, now, {
          action: 'actions.declare',
          target: 'actions',
          before,
          after: actions,
          comment,
        });
        return byName((await tx.configuration.load()).actions);
      },
    );
    return { actions: made, consistencyToken };
  }

  /** All declared actions, ordered by name. */
  async list(call: Call): Promise<readonly Action[]> {
    authorize(call, 'ListActions');
    return byName((await this.#options.store.configuration.load()).actions);
  }
}

function byName(actions: readonly Action[]): readonly Action[] {
  return actions.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}
