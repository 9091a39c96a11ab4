import { useQuery } from '@tanstack/react-query';
import type { TriedUser } from '../../../../../src/protocol/gen/admin-json.js';
import { isolated } from '../../../parts/isolated.js';
import { useMay } from '../../../parts/page/session-context.js';
import { words } from '../../../words/people-words.js';
import { type FixDraft, type FixTarget, isAboutOne } from './fix-change.js';
import { trialQuery } from './fix-trials.js';
import type { Fix } from './fixes.js';

export interface EffectOnPersonProps {
  readonly target: FixTarget;
  readonly fix: Fix;
  /** Undefined: of the ledger there are no drafts. */
  readonly draft: FixDraft | undefined;
}

/** How the flag stands for the person now, and after the fix; and whether it concerns anybody else. */
export function EffectOnPerson({ target, fix, draft }: EffectOnPersonProps) {
  const { effect } = words.person;
  const may = useMay('TryFlag');
  const asked = may && draft !== undefined;
  const { data, error } = useQuery({ ...trialQuery(target, draft), enabled: asked });
  const flips = asked ? tried(data) : flipOf(fix);
  const who = isAboutOne(fix) ? effect.alone(isolated(target.id)) : isolated(target.id);
  const waiting = asked && flips === undefined && error === null;
  if (flips === undefined && !asked) return null;
  return (
    <p className="effect-person" role="status" aria-busy={waiting}>
      {flips !== undefined ? effect.flips(who, flips) : waiting ? effect.asking : effect.unknown(error?.message ?? '')}
    </p>
  );
}

interface Flip {
  readonly before: boolean;
  readonly after: boolean;
}

function tried(answer: TriedUser | null | undefined): Flip | undefined {
  if (answer?.before === undefined || answer.after === undefined) return undefined;
  return { before: answer.before.decision?.enabled === true, after: answer.after.decision?.enabled === true };
}

/** What a fix does where it is offered at all; undefined: what stands below decides. */
function flipOf({ kind }: Fix): Flip | undefined {
  switch (kind) {
    case 'allow':
    case 'grant':
    case 'rearm':
      return { before: false, after: true };
    case 'deny':
    case 'revoke':
      return { before: true, after: false };
    default:
      return undefined;
  }
}
