import type { Call } from '../../calls/caller.js';
import { checkComment, requireNames } from '../../calls/check-input.js';
import { invalidAt, notFound } from '../../calls/errors.js';
import { authorize } from '../../calls/permissions.js';
import { recordAudit } from '../../calls/record-audit.js';
import {
  type ConfigurationWriteOptions,
  Unchanged,
  writeConfiguration,
} from '../../configuration/configuration-write.js';
import type { Action } from '../../core/flags/flag.js';
import { quote } from '../../core/values/json.js';
import type { Page, PageRequest } from '../../store/page.js';

const MAX_ACTIONS_PER_CALL = 1_000;

/** Declarations of actions, which say what may be done with one, such as that people may send it. */
export class ActionService {
  readonly #options: ConfigurationWriteOptions;

  constructor(options: ConfigurationWriteOptions) {
    this.#options = options;
  }

  /**
   * Declares these actions or changes their declarations; others stay. The same once more changes nothing. Gives them, ordered
   * by name.
   */
  async declare(call: Call, actions: readonly Action[], comment = '') {
    authorize(call, 'DeclareActions');
    checkComment(comment);
    if (actions.length > MAX_ACTIONS_PER_CALL) {
      throw invalidAt('/actions', `a call declares at most ${MAX_ACTIONS_PER_CALL} actions, not ${actions.length}`);
    }
    requireNames('action', actions, '/actions');
    const { consistencyToken } = await writeConfiguration(this.#options, 'manual', async (tx, { now, snapshot }) => {
      const before = actions.flatMap(({ name }) => snapshot.actions.get(name) ?? []);
      const declared = ({ name, clientTrackable }: Action): boolean =>
        snapshot.actions.get(name)?.clientTrackable === clientTrackable;
      if (actions.every(declared)) return new Unchanged(undefined);
      await tx.configuration.putActions(actions);
      const change = { before, after: actions, comment };
      await recordAudit(tx, call, now, { action: 'actions.declare', target: 'actions', ...change });
      return undefined;
    });
    return { actions: actions.toSorted((a, b) => (a.name < b.name ? -1 : 1)), consistencyToken };
  }

  /** Takes back a declaration: the action counts on, as any that was never declared. */
  async delete(call: Call, name: string, comment = ''): Promise<{ readonly consistencyToken: string }> {
    authorize(call, 'DeleteAction');
    const { consistencyToken } = await writeConfiguration(this.#options, 'manual', async (tx, { now }) => {
      const before = await tx.configuration.dropAction(name);
      if (before === undefined) throw notFound(`no action ${quote(name)} is declared`);
      const change = { before, after: undefined, comment };
      await recordAudit(tx, call, now, { action: 'action.delete', target: name, ...change });
    });
    return { consistencyToken };
  }

  /** A page of the declared actions, ordered by name. */
  async list(call: Call, page: PageRequest): Promise<Page<Action>> {
    authorize(call, 'ListActions');
    return this.#options.store.configuration.actions(page);
  }
}
