import type { Call } from '../../calls/caller.js';
import { requireName } from '../../calls/check-input.js';
import { forbidden, invalidAt } from '../../calls/errors.js';
import { authorize } from '../../calls/permissions.js';
import type { Snapshot } from '../../core/snapshot/snapshot.js';
import { MAX_STAGES_REACHED, type UserState } from '../../core/states/user-state.js';
import { quote } from '../../core/values/json.js';
import type { StateSource } from '../../store/state-source.js';
import { type UserWriteOptions, type UserWritten, writeUser } from '../../unlocking/user-write.js';
import { mayKnow, requireOwnUser } from '../access/caller-reach.js';

export interface ProgressInput {
  readonly userId: string;
  readonly stage: string;
  readonly allowBackward: boolean;
}

export interface ProgressOptions extends UserWriteOptions {
  readonly users: StateSource<UserState>;
}

/** How far users have come in onboarding. */
export class ProgressService {
  readonly #options: ProgressOptions;

  constructor(options: ProgressOptions) {
    this.#options = options;
  }

  /** The state of the user whose progress is asked for; an empty one where nothing is stored of them. */
  async get(call: Call, userId: string): Promise<UserState> {
    authorize(call, 'GetProgress');
    requireName('userId', userId, '/user_id');
    const held = await this.#options.users.load([userId], { fresh: true, ...deadlineOf(call) });
    const { state } = held.get(userId)!;
    requireOwnUser(call, state);
    return state;
  }

  /**
   * Brings the user to a stage and unlocks what follows from it. A stage that comes before the present one is taken only
   * with `allowBackward`; without it, and for the present stage itself, nothing changes. Every stage ever reached is kept.
   */
  async update(call: Call, { userId, stage, allowBackward }: ProgressInput): Promise<UserWritten> {
    authorize(call, 'UpdateProgress');
    requireName('userId', userId, '/user_id');
    requireName('stage', stage, '/stage');
    const written = await writeUser(
      this.#options,
      userId,
      { type: 'progress', stage },
      async (tx, { before, snapshot, now }) => {
        requireOwnUser(call, before);
        checkStage(call, stage, snapshot);
        if (before.stage === stage) return undefined;
        if (!allowBackward && isBefore(snapshot, stage, before.stage)) return undefined;
        const known = before.stagesReached.some((reached) => reached.stage === stage);
        if (!known) checkRoom(before, stage, snapshot);
        await tx.users.putStage(userId, { stage, changedAt: now });
        return {
          ...before,
          stage,
          stageEnteredAt: now,
          stagesReached: known ? before.stagesReached : [...before.stagesReached, { stage, reachedAt: now }],
        };
      },
    );
    const { snapshot } = this.#options.keeper;
    const told = (key: string): boolean => mayKnow(call, key, snapshot);
    const { newlyUnlocked, newlyLocked } = written;
    return { ...written, newlyUnlocked: newlyUnlocked.filter(told), newlyLocked: newlyLocked.filter(told) };
  }
}

function deadlineOf({ deadline }: Call): { deadline?: number } {
  return deadline === undefined ? {} : { deadline };
}

/**
 * Throws for a stage that the caller may not bring a user to. While no stages are defined any name is one; afterwards only
 * the defined ones are, and people can reach only those that are self-settable.
 */
function checkStage({ caller }: Call, name: string, { stages, stageNames }: Snapshot): void {
  if (stages.length === 0) return;
  const stage = stages.find((known) => known.name === name);
  if (stage === undefined) throw invalidAt('/stage', `the stage ${quote(name)} is none of: ${stageNames.join(', ')}`);
  if (caller.kind === 'person' && !stage.selfSettable) {
    throw forbidden(`the stage ${quote(name)} is not reached by one's own call; a machine token sets it`);
  }
}

/** Throws where any name is a stage and the user has reached as many as are kept: each stays for good. */
function checkRoom({ id, stagesReached }: UserState, name: string, { stages }: Snapshot): void {
  if (stages.length > 0 || stagesReached.length < MAX_STAGES_REACHED) return;
  throw invalidAt(
    '/stage',
    `the user ${quote(id)} has reached ${stagesReached.length} stages, as many as there can be while any name is one: ` +
      `${quote(name)} would be one more; name one that was reached, or define the stages`,
  );
}

/** Whether a stage comes before the present one in the list; false where either of them is not in the list. */
function isBefore({ stageNames }: Snapshot, stage: string, present: string): boolean {
  const [to, from] = [stageNames.indexOf(stage), stageNames.indexOf(present)];
  return to >= 0 && from >= 0 && to < from;
}
