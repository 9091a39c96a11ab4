import type { FlippedFlag, FlippedFlags } from '../../core/deciding/decision.js';
import type { UserChange } from '../../store/outbox-store.js';
import type { UserWritten } from '../../unlocking/user-write.js';

/** What a write of a user flipped, in the words of the outbox. */
export function changeOf({ user, newlyUnlocked, newlyLocked }: UserWritten): FlipsOfUser {
  return { userId: user.id, revision: user.revision, unlocked: newlyUnlocked, locked: newlyLocked };
}

export type FlipsOfUser = Pick<UserChange, 'userId' | 'revision' | 'unlocked' | 'locked'>;

/** What all these changes came to: a flag that one of them turned on and a later one off again is off. */
export function flipsOf(changes: readonly FlipsOfUser[]): FlippedFlags {
  const verdicts = new Map<string, { readonly flipped: FlippedFlag; readonly on: boolean }>();
  for (const { userId, unlocked, locked } of changes.toSorted((a, b) => a.revision - b.revision)) {
    const say = (flagKey: string, on: boolean): void => {
      verdicts.set(JSON.stringify([userId, flagKey]), { flipped: { userId, flagKey }, on });
    };
    for (const flagKey of unlocked) say(flagKey, true);
    for (const flagKey of locked) say(flagKey, false);
  }
  const all = [...verdicts.values()];
  return {
    unlocked: all.filter(({ on }) => on).map(({ flipped }) => flipped),
    locked: all.filter(({ on }) => !on).map(({ flipped }) => flipped),
  };
}
