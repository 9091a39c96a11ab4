import type { Call } from '../../calls/caller.js';
import { invalid } from '../../calls/errors.js';
import { authorize } from '../../calls/permissions.js';
import { recordAudit } from '../../calls/record-audit.js';
import { type ConfigurationWriteOptions, writeConfiguration } from '../../configuration/configuration-write.js';
import type { Stage } from '../../core/flags/flag.js';
import { faultOfNames } from '../../core/values/names.js';

const MAX_STAGES = 200;

/** The ordered list of stages that users progress through. */
export class StageService {
  readonly #options: ConfigurationWriteOptions;

  constructor(options: ConfigurationWriteOptions) {
    this.#options = options;
  }

  /** Replaces the whole list. With an empty list any name is a stage. The stages that users have reached stay. */
  async set(call: Call, stages: readonly Stage[], comment: string) {
    authorize(call, 'SetStages');
    if (stages.length > MAX_STAGES) throw invalid(`there are at most ${MAX_STAGES} stages, not ${stages.length}`);
    const fault = faultOfNames('stage', stages);
    if (fault !== undefined) throw invalid(fault);
    const { backfillIds, consistencyToken } = await writeConfiguration(
      this.#options,
      'stages',
      async (tx, { now, snapshot }) => {
        const { stages: before } = snapshot;
        await tx.configuration.putStages(stages);
        await recordAudit(tx, call, now, { action: 'stages.set', target: 'stages', before, after: stages, comment });
      },
    );
    return { stages, backfillIds, consistencyToken };
  }

  async list(call: Call): Promise<readonly Stage[]> {
    authorize(call, 'ListStages');
    return (await this.#options.store.configuration.load()).stages;
  }
}
