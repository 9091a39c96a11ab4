import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import type { TriedUser } from '../../../../../src/protocol/gen/admin-json.js';
import { ApiError } from '../../../api/api-error.js';
import { useMay } from '../../../parts/page/session-context.js';
import type { Losses } from '../../../parts/preview/losses-confirmed.js';
import { lossesIn, type Preview, usePreview } from '../../../parts/preview/preview-stream.js';
import { isUnknown, usePerson } from '../queries/person-queries.js';
import { effectButFor, type Flip, type Person } from './effect-but-for.js';
import { type FixDraft, type FixTarget, isAboutOne } from './fix-change.js';
import { trialQuery, useMayTry } from './fix-trials.js';
import type { Fix } from './fixes.js';

/** Nothing is asked while a number is still being typed. */
const TYPING_MS = 300;

/** What a fix does, as far as that is known: nothing is done before somebody can have seen it. */
export interface FixEffect {
  /** How the flag stands for the person before and after; undefined until that is known. */
  readonly flip: Flip | undefined;
  /** Why it is not known; undefined while it is asked, and where it may not be asked. */
  readonly error: Error | undefined;
  /** Whether it is being asked. */
  readonly asking: boolean;
  /**
   * What it does to others; 'none' where it concerns nobody else, 'untold' where that may not be asked. Where nobody knows how the flag
   * stands for the person, to all, the person among them.
   */
  readonly others: 'none' | 'untold' | Preview | undefined;
  /** How many others lose the flag by it, of whom it may be more than is meant. */
  readonly losses: Losses;
  /** Forgets what is known, and asks again; undefined where nothing may be asked. */
  readonly again: (() => void) | undefined;
}

export interface FixEffectOptions {
  readonly fix: Fix;
  /** Undefined: of the ledger there are no drafts. */
  readonly draft: FixDraft | undefined;
  /** Whether there is nothing yet to ask about, such as while a number is out of its range. */
  readonly unfinished: boolean;
}

/** Finds out what a fix does to the person and to others. */
export function useFixEffect(target: FixTarget, { fix, draft, unfinished }: FixEffectOptions): FixEffect {
  const [mayTry, mayPreview] = [useMayTry(), useMay('PreviewRule')];
  const tries = mayTry && draft !== undefined;
  const queries = useQueryClient();
  const trial = trialQuery(target, draft);
  const tried = useQuery({ ...trial, enabled: tries && !unfinished });
  const flip = tries ? flipTried(tried.data) : flipOf(fix);
  const failed = tried.error ?? undefined;
  const alone = isAboutOne(fix);
  const { preview, outdated, start } = usePreview(target.flag, { renewed: true });
  const input = alone || draft === undefined || !mayPreview ? '' : JSON.stringify({ ...draft, sample_size: 10 });
  useEffect(() => {
    if (input === '' || unfinished) return undefined;
    const timer = setTimeout(() => void start(input), TYPING_MS);
    return () => clearTimeout(timer);
  }, [input, unfinished, start]);
  const known = preview?.of === input && !outdated ? preview : undefined;
  const person = usePerson(target.id).data;
  const apart = flip && { id: target.id, stored: person !== undefined && !isUnknown(person), flip };
  const others = alone ? 'none' : mayPreview ? withoutPerson(known, apart) : 'untold';
  const asking = tries && flip === undefined && failed === undefined;
  const again = () => {
    void queries.resetQueries({ queryKey: trial.queryKey, exact: true });
    if (input !== '') void start(input);
  };
  return {
    flip,
    error: failed,
    asking,
    others,
    losses: lossesBy({ flip, failed, asking, others }),
    again: tries || input !== '' ? again : undefined,
  };
}

/** What is known of a preview, as it is for others than the person. */
function withoutPerson(preview: Preview | undefined, person: Person | undefined): Preview | undefined {
  if (preview?.result === undefined || person === undefined) return preview;
  return { ...preview, result: effectButFor(preview.result, person) };
}

function lossesBy({
  flip,
  failed,
  asking,
  others,
}: Pick<FixEffect, 'flip' | 'asking' | 'others'> & { readonly failed: Error | undefined }): Losses {
  // What is refused is refused when it is done, too, and takes nothing from anybody.
  const refused = failed instanceof ApiError && failed.kind === 'refused';
  const lost = others === 'none' ? 0 : others === 'untold' ? 'unknown' : lossesIn(others);
  if (asking || lost === 'asking') return 'asking';
  return flip === undefined && !refused ? 'unknown' : lost;
}

function flipTried(answer: TriedUser | null | undefined): Flip | undefined {
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
