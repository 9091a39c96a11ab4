import { useQueries } from '@tanstack/react-query';
import type { Explanation, TriedUser } from '../../../../../src/protocol/gen/admin-json.js';
import { call } from '../../../api/api.js';
import { viewedOrganization } from '../../../api/view-as.js';
import { useMay, useSession } from '../../../parts/page/session-context.js';
import { draftOf, type FixDraft, type FixTarget } from './fix-change.js';
import { type Fix, isCertain, withOwnRow } from './fixes.js';

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

/** Whether who is signed in may have something tried. Whoever views the console as somebody else may do nothing but read. */
export function useMayTry(): boolean {
  return useMay('TryFlag') && viewedOrganization() === '';
}

export interface Trials {
  readonly helping: readonly Fix[];
  /** What would change nothing, with how the flag would stand after it. */
  readonly idle: readonly { readonly fix: Fix; readonly after: Explanation }[];
  /** Of what nobody can say whether it helps: it may not be asked, or the answer did not come. */
  readonly unknown: readonly Fix[];
  /** Whether the server has yet to say of some whether they help. */
  readonly asking: boolean;
  /** Asks again for what did not come; undefined where nothing may be asked. */
  readonly again: (() => void) | undefined;
}

/** Which of these fixes help, asked of the server where the explanation does not tell it. What would not, and can with a row of the person's own, is that. */
export function useTrials(target: FixTarget, explanation: Explanation, fixes: readonly Fix[]): Trials {
  const may = useMayTry();
  const organization = useSession().caller.organization_id;
  const certain = fixes.filter((fix) => isCertain(fix, explanation, organization));
  const first = useTried(
    target,
    explanation,
    fixes.filter((fix) => !certain.includes(fix)),
    may,
  );
  const more = first.idle.flatMap(({ fix }) => withOwnRow(fix, explanation, { organization }));
  const second = useTried(target, explanation, more, may);
  return {
    // In the order in which they are offered: the likeliest first.
    helping: [...fixes.filter((fix) => certain.includes(fix) || first.helping.includes(fix)), ...second.helping],
    idle: first.idle,
    unknown: [...first.unknown, ...second.unknown],
    asking: first.asking || second.asking,
    again: may
      ? () => {
          first.again();
          second.again();
        }
      : undefined,
  };
}

function useTried(target: FixTarget, explanation: Explanation, fixes: readonly Fix[], may: boolean) {
  const queries = fixes.map((fix) => ({ ...trialQuery(target, draftOf(fix, target, 0)), enabled: may }));
  const answers = useQueries({ queries });
  const on = explanation.decision?.enabled === true;
  const tried = fixes.map((fix, i) => ({ fix, answer: answers[i]!, after: answers[i]!.data?.after }));
  const isOn = (after: Explanation | undefined): boolean => after?.decision?.enabled === true;
  return {
    helping: tried.flatMap(({ fix, after }) => (after !== undefined && isOn(after) !== on ? [fix] : [])),
    idle: tried.flatMap(({ fix, after }) => (after !== undefined && isOn(after) === on ? [{ fix, after }] : [])),
    unknown: tried.flatMap(({ fix, answer }) => (!may || answer.isError ? [fix] : [])),
    asking: may && answers.some(({ isPending }) => isPending),
    again: () => {
      for (const { isError, refetch } of answers) if (isError) void refetch();
    },
  };
}
