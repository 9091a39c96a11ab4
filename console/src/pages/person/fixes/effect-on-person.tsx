import { isolated } from '../../../parts/isolated.js';
import { words } from '../../../words/people-words.js';
import { type FixTarget, isAboutOne } from './fix-change.js';
import type { Fix } from './fixes.js';
import type { FixEffect } from './use-fix-effect.js';

export interface EffectOnPersonProps {
  readonly target: FixTarget;
  readonly fix: Fix;
  readonly effect: FixEffect;
}

/** How the flag stands for the person now, and after the fix; and whether it concerns anybody else. */
export function EffectOnPerson({ target, fix, effect: { flip, error, asking } }: EffectOnPersonProps) {
  const { effect } = words.person;
  const who = isAboutOne(fix) ? effect.alone(isolated(target.id)) : isolated(target.id);
  return (
    <p className="effect-person" role="status" aria-busy={asking}>
      {flip !== undefined
        ? effect.flips(who, flip)
        : asking
          ? effect.asking
          : error === undefined
            ? effect.untold
            : effect.unknown(error.message)}
    </p>
  );
}
