import { useQueries } from '@tanstack/react-query';
import type { Explanation, TriedUser } from '../../../../../src/protocol/gen/admin-json.js';
import { call } from '../../../api/api.js';
import { useMay } from '../../../parts/page/session-context.js';
import { draftOf, type FixDraft, type FixTarget } from './fix-change.js';
import { type Fix, isCertain } from './fixes.js';

/** What a draft comes to for a person, as the server decides it. A part of what is known of the person: out of date with it. */
export function trialQuery({ id, flag }: FixTarget, draft: FixDraft | undefined) {
  return {
    queryKey: ['user', id, 'try', flag, draft],
    queryFn: async ({ signal }: { readonly signal: AbortSignal }): Promise<TriedUser | null> => {
      const body = { ...draft, contexts: [{ user_id: id }] };
      return (await call('POST /api/admin/flags/{flag}/try', { path: { flag }, body, signal })).results[0] ?? null;
    },
    enabled: draft !== undefined,
    retry: false,
  };
}

export interface Trials {
  readonly helping: readonly Fix[];
  /** What would change nothing, with how the flag would stand after it. */
  readonly idle: readonly { readonly fix: Fix; readonly after: Explanation }[];
  /** Whether the server has yet to say of some whether they help. */
  readonly asking: boolean;
}

/** Which of these fixes help, asked of the server where the explanation does not tell it. Whoever may not ask is offered all of them. */
export function useTrials(target: FixTarget, explanation: Explanation, fixes: readonly Fix[]): Trials {
  const may = useMay('TryFlag');
  const asked = may ? fixes.filter((fix) => !isCertain(fix, explanation)) : [];
  const answers = useQueries({ queries: asked.map((fix) => trialQuery(target, draftOf(fix, target, 0))) });
  const answerOf = (fix: Fix) => answers[asked.indexOf(fix)];
  const on = explanation.decision?.enabled === true;
  const idle = fixes.flatMap((fix) => {
    const after = answerOf(fix)?.data?.after;
    return after !== undefined && (after.decision?.enabled === true) === on ? [{ fix, after }] : [];
  });
  const helping = fixes.filter((fix) => answerOf(fix)?.isPending !== true && idle.every((each) => each.fix !== fix));
  return { helping, idle, asking: answers.some(({ isPending }) => isPending) };
}
