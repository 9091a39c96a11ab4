import type { Call } from '../../calls/caller.js';
import { checkComment, requireNames } from '../../calls/check-input.js';
import { conflict, invalidAt } from '../../calls/errors.js';
import { authorize } from '../../calls/permissions.js';
import { recordAudit } from '../../calls/writes/record-audit.js';
import { requireVersion } from '../../calls/writes/stale-version.js';
import {
  type ConfigurationWriteOptions,
  Unchanged,
  writeConfiguration,
} from '../../configuration/configuration-write.js';
import type { Stage, StageList } from '../../core/flags/flag.js';
import { usesOf } from '../../core/sentences/uses.js';
import { warningsOfStages } from '../../core/snapshot/checking/validate-configuration.js';
import type { Snapshot } from '../../core/snapshot/snapshot.js';
import type { Fault } from '../../core/values/fault.js';
import { quote } from '../../core/values/json.js';

export interface SetStagesInput {
  /** All of them, in their order. */
  readonly stages: readonly Stage[];
  /** 0: none may have been set yet; undefined: whatever it is. */
  readonly expectedVersion?: number | undefined;
  readonly comment?: string;
}

export interface StagesWritten extends StageList {
  /** Warnings of rules and segments that read a stage which is not in the list. */
  readonly warnings: readonly Fault[];
  readonly backfillIds: readonly string[];
  readonly consistencyToken: string;
}

const MAX_STAGES = 200;

/** The ordered list of stages that users progress through. */
export class StageService {
  readonly #options: ConfigurationWriteOptions;

  constructor(options: ConfigurationWriteOptions) {
    this.#options = options;
  }

  /** Replaces the whole list. With an empty list any name is a stage. The stages that users have reached stay. */
  async set(call: Call, { stages, expectedVersion, comment = '' }: SetStagesInput): Promise<StagesWritten> {
    authorize(call, 'SetStages');
    checkComment(comment);
    if (stages.length > MAX_STAGES)
      throw invalidAt('/stages', `there are at most ${MAX_STAGES} stages, not ${stages.length}`);
    requireNames('stage', stages, '/stages');
    const { made, ...written } = await writeConfiguration(this.#options, 'stages', async (tx, { now, snapshot }) => {
      const present = await tx.configuration.stages();
      const warnings = warningsOfStages(stages, snapshot);
      const value = present.version === 0 ? undefined : present;
      requireVersion('stages', expectedVersion, { kind: 'list', value });
      refuseRemoved(present.stages, stages, snapshot);
      if (value !== undefined && sameStages(present.stages, stages)) return new Unchanged({ ...present, warnings });
      const after = { stages, version: present.version + 1 };
      await tx.configuration.putStages(after);
      const change = { before: value, after, comment };
      const version = { kind: 'stages', list: after } as const;
      await recordAudit(tx, call, now, { action: 'stages.set', target: 'stages', ...change, version });
      return { ...after, warnings };
    });
    return { ...made, ...written };
  }

  async list(call: Call): Promise<StageList> {
    authorize(call, 'ListStages');
    return this.#options.store.configuration.stages();
  }
}

/** How many things a message names. */
const MAX_TOLD = 10;

/**
 * Rejects a list that lacks a stage which was in the one before, and which rules of flags that are not archived, or segments, name: they
 * would wait for what nobody can reach. With an empty list any name is a stage.
 */
function refuseRemoved(before: readonly Stage[], after: readonly Stage[], snapshot: Snapshot): void {
  const left = new Set(after.map(({ name }) => name));
  if (left.size === 0) return;
  for (const { name } of before) {
    if (left.has(name)) continue;
    const uses = usesOf({ kind: 'stage', name }, snapshot).uses.filter(({ archived }) => !archived);
    const users = [
      ...new Set(uses.map(({ kind, key }) => `the ${kind === 'SEGMENT' ? 'segment' : 'flag'} ${quote(key)}`)),
    ];
    if (users.length === 0) continue;
    const more = users.length > MAX_TOLD ? ` and ${users.length - MAX_TOLD} more` : '';
    throw conflict(
      `the stage ${quote(name)} is read by ${users.slice(0, MAX_TOLD).join(', ')}${more}; change them first`,
    );
  }
}

function sameStages(a: readonly Stage[], b: readonly Stage[]): boolean {
  return (
    a.length === b.length &&
    a.every(({ name, selfSettable }, i) => name === b[i]!.name && selfSettable === b[i]!.selfSettable)
  );
}
