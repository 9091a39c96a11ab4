import type { Call } from '../../calls/caller.js';
import { invalid } from '../../calls/errors.js';
import { authorize } from '../../calls/permissions.js';
import { recordAudit } from '../../calls/record-audit.js';
import { type ConfigurationWriteOptions, writeConfiguration } from '../../configuration/configuration-write.js';
import type { Action, Stage } from '../../core/flags/flag.js';
import { quote } from '../../core/values/json.js';
import { faultOfName, type NameKind } from '../../core/values/names.js';

const MAX_STAGES = 200;
const MAX_ACTIONS_PER_CALL = 1_000;

/** What users progress through: the ordered stages, and the actions that are declared. */
export class OnboardingService {
  readonly #options: ConfigurationWriteOptions;

  constructor(options: ConfigurationWriteOptions) {
    this.#options = options;
  }

  /** Replaces the whole ordered list; none makes stages free-form again. What users reached stays. */
  async setStages(call: Call, stages: readonly Stage[], comment: string) {
    authorize(call, 'SetStages');
    if (stages.length > MAX_STAGES) throw invalid(`there are at most ${MAX_STAGES} stages, not ${stages.length}`);
    checkNames('stage', stages);
    const { backfillIds, consistencyToken } = await writeConfiguration(this.#options, 'stages', async (tx, now) => {
      const { stages: before } = await tx.configuration.load();
      await tx.configuration.putStages(stages);
      await recordAudit(tx, call, now, { action: 'stages.set', target: 'stages', before, after: stages, comment });
    });
    return { stages, backfillIds, consistencyToken };
  }

  async listStages(call: Call): Promise<readonly Stage[]> {
    authorize(call, 'ListStages');
    return (await this.#options.store.configuration.load()).stages;
  }

  /** Declares actions, or declares them anew; the others stay. Gives all declared ones, by name. */
  async declareActions(call: Call, actions: readonly Action[], comment: string) {
    authorize(call, 'DeclareActions');
    if (actions.length > MAX_ACTIONS_PER_CALL) {
      throw invalid(`a call declares at most ${MAX_ACTIONS_PER_CALL} actions, not ${actions.length}`);
    }
    checkNames('action', actions);
    const { made, consistencyToken } = await writeConfiguration(this.#options, 'manual', async (tx, now) => {
      const names = new Set(actions.map(({ name }) => name));
      const before = (await tx.configuration.load()).actions.filter(({ name }) => names.has(name));
      await tx.configuration.putActions(actions);
      await recordAudit(tx, call, now, {
        action: 'actions.declare',
        target: 'actions',
        before,
        after: actions,
        comment,
      });
      return byName((await tx.configuration.load()).actions);
    });
    return { actions: made, consistencyToken };
  }

  async listActions(call: Call): Promise<readonly Action[]> {
    authorize(call, 'ListActions');
    return byName((await this.#options.store.configuration.load()).actions);
  }
}

function byName(actions: readonly Action[]): readonly Action[] {
  return actions.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function checkNames(kind: NameKind, named: readonly { readonly name: string }[]): void {
  const seen = new Set<string>();
  for (const { name } of named) {
    const fault = faultOfName(kind, name);
    if (fault !== undefined) throw invalid(fault);
    if (seen.has(name)) throw invalid(`the ${kind} ${quote(name)} stands twice; leave one out`);
    seen.add(name);
  }
}
