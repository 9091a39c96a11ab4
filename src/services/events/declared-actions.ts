import type { Call } from '../../calls/caller.js';
import { checkComment, requireNames } from '../../calls/check-input.js';
import { conflict, invalidAt, notFound, notStorable } from '../../calls/errors.js';
import { authorize } from '../../calls/permissions.js';
import { recordAudit } from '../../calls/writes/record-audit.js';
import {
  type ConfigurationWriteOptions,
  Unchanged,
  writeConfiguration,
} from '../../configuration/configuration-write.js';
import type { Action } from '../../core/flags/flag.js';
import { actionsDerivedFrom, actionsSince, readersOfAction } from '../../core/snapshot/action-uses.js';
import type { Snapshot } from '../../core/snapshot/snapshot.js';
import type { Fault } from '../../core/values/fault.js';
import { type JsonValue, quote, sameJson } from '../../core/values/json.js';
import type { Page, PageRequest } from '../../store/page.js';
import { type ActionDraft, draftActions } from './draft-actions.js';

export interface ActionServiceOptions extends ConfigurationWriteOptions {
  readonly retentionDays: number;
  /** Whether the properties of counted events are dropped. */
  readonly propertiesDropped: boolean;
}

export interface ActionsDeclared {
  /** By name. */
  readonly actions: readonly Action[];
  readonly warnings: readonly Fault[];
  readonly backfillIds: readonly string[];
  readonly consistencyToken: string;
}

const MAX_ACTIONS_PER_CALL = 1_000;
/** How many things a message names. */
const MAX_TOLD = 10;

/** Declarations of actions: what may be done with one, such as that people may send it, and which are derived from others. */
export class ActionService {
  readonly #options: ActionServiceOptions;

  constructor(options: ActionServiceOptions) {
    this.#options = options;
  }

  /**
   * Declares these actions or changes their declarations; others stay. The same once more changes nothing. Backfills are started for
   * latching rules that read an action which is derived otherwise now.
   *
   * @param expected how the actions must be declared now, those that are not in it not at all; another declaration is a CONFLICT
   */
  async declare(
    call: Call,
    drafts: readonly ActionDraft[],
    comment = '',
    expected?: readonly Action[],
  ): Promise<ActionsDeclared> {
    authorize(call, 'DeclareActions');
    checkComment(comment);
    if (drafts.length > MAX_ACTIONS_PER_CALL) {
      throw invalidAt('/actions', `a call declares at most ${MAX_ACTIONS_PER_CALL} actions, not ${drafts.length}`);
    }
    requireNames('action', drafts, '/actions');
    const { retentionDays, propertiesDropped, store } = this.#options;
    const known = await store.days.known();
    const { made, ...written } = await writeConfiguration(this.#options, 'action', async (tx, { now, snapshot }) => {
      requireDeclared(drafts, expected, snapshot);
      const knowledge = { now, retentionDays, propertiesDropped, keptFrom: known.othersKeptFrom };
      const { actions, followers, errors, warnings } = draftActions(drafts, snapshot, knowledge);
      if (errors.length > 0) throw notStorable('the actions', errors);
      const before = actions.flatMap(({ name }) => snapshot.actions.get(name) ?? []);
      if (actions.every((action) => isSame(action, snapshot.actions.get(action.name)))) {
        return new Unchanged({ actions, warnings });
      }
      await tx.configuration.putActions([...actions, ...followers]);
      const subjects = actions.map((action) => ({ kind: 'action', id: action.name }));
      const change = { before, after: actions, comment, subjects };
      await recordAudit(tx, call, now, { action: 'actions.declare', target: 'actions', ...change });
      return { actions, warnings };
    });
    const { actions, warnings } = made;
    return { actions: actions.toSorted((a, b) => (a.name < b.name ? -1 : 1)), warnings, ...written };
  }

  /**
   * Takes back a declaration. The action counts on, as any that was never declared; of a derived one, which no event names, all that was
   * counted is forgotten. Rejects with CONFLICT where something reads the derived action, or others are derived from it, or count since it.
   */
  async delete(
    call: Call,
    name: string,
    comment = '',
    expected?: Action,
  ): Promise<{ readonly consistencyToken: string }> {
    authorize(call, 'DeleteAction');
    const { consistencyToken } = await writeConfiguration(this.#options, 'action', async (tx, { now, snapshot }) => {
      const present = snapshot.actions.get(name);
      if (present === undefined) throw notFound(`no action ${quote(name)} is declared`);
      requireDeclared([{ name }], expected && [expected], snapshot);
      const others = [...actionsDerivedFrom(name, snapshot), ...actionsSince(name, snapshot)];
      const derived = others.map((other) => `the derived action ${quote(other)}`);
      const users = [...derived, ...(present.derivation === undefined ? [] : readersOfAction(name, snapshot))];
      if (users.length > 0)
        throw conflict(`the action ${quote(name)} is referred to by ${told(users)}; change them first`);
      const before = await tx.configuration.dropAction(name);
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

function requireDeclared(
  named: readonly Pick<Action, 'name'>[],
  expected: readonly Action[] | undefined,
  { actions }: Pick<Snapshot, 'actions'>,
): void {
  if (expected === undefined) return;
  const byName = new Map(expected.map((action) => [action.name, action]));
  const changed = named.find(({ name }) => {
    const [wanted, present] = [byName.get(name), actions.get(name)];
    return wanted === undefined ? present !== undefined : !isSame(wanted, present);
  });
  if (changed === undefined) return;
  throw conflict(`the declaration of the action ${quote(changed.name)} has changed meanwhile; look, and try again`);
}

function isSame(action: Action, other: Action | undefined): boolean {
  return other !== undefined && sameJson(asJson(action), asJson(other));
}

function told(users: readonly string[]): string {
  const more = users.length > MAX_TOLD ? ` and ${users.length - MAX_TOLD} more` : '';
  return `${users.slice(0, MAX_TOLD).join(', ')}${more}`;
}

/** Without members that are undefined, which an action has and its JSON has not. */
function asJson(action: Action): JsonValue {
  return JSON.parse(JSON.stringify(action)) as JsonValue;
}
