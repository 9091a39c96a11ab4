import { useQuery } from '@tanstack/react-query';
import { call } from '../../../api/api.js';
import { ApiError } from '../../../api/api-error.js';
import { type FlagDraft, unsavedChanges } from '../../../draft/flag/flag-draft.js';
import { draftPlace, flagInput } from '../../../draft/flag/save-request.js';
import { isUnfinished } from '../../../draft/flag/unfinished.js';
import { useDebounced } from '../../../parts/list/use-debounced.js';
import { useMay } from '../../../parts/page/session-context.js';

/** What the server says of a place in a draft. */
export interface DraftRemark {
  readonly kind: 'fault' | 'warning';
  /** A field of the flag. */
  readonly field: string;
  /** The key of the rule, in `rules`. */
  readonly rule: string | undefined;
  readonly message: string;
}

/** What the server would refuse of a draft, and what it would warn of, while it is edited. Conditions are told of by their own check. */
export function useDraftRemarks(draft: FlagDraft): readonly DraftRemark[] {
  const mayTry = useMay('TryFlag');
  const isNew = draft.base.id === '';
  const text = useDebounced(isUnfinished(draft.now.flag) ? '' : JSON.stringify(flagInput(draft)));
  const changed = unsavedChanges(draft).some((change) => !('field' in change && TOLD.has(change.field)));
  const { data } = useQuery({
    queryKey: ['remarks', draft.base.id, draft.base.version, text],
    queryFn: ({ signal }) => remarksOn(draft.base.key, text, signal),
    enabled: mayTry && changed && !isNew && text !== '',
    retry: false,
    staleTime: 60_000,
  });
  if (data === undefined || !changed) return NONE;
  return data.flatMap(({ kind, pointer, message }) => {
    const { field, rule, node } = draftPlace(draft.now.flag, pointer);
    return node === undefined ? [{ kind, field, rule, message }] : [];
  });
}

const NONE: readonly DraftRemark[] = [];
/** Fields of which nothing is to be said. */
const TOLD = new Set(['conditions', 'name', 'description', 'owner']);

interface Told {
  readonly kind: DraftRemark['kind'];
  readonly pointer: string;
  readonly message: string;
}

/** The draft is tried on nobody in particular: what cannot be saved cannot be tried. */
async function remarksOn(flag: string, text: string, signal: AbortSignal): Promise<readonly Told[]> {
  try {
    const body = { flag: JSON.parse(text) as object, contexts: [{}] };
    const { warnings } = await call('POST /api/admin/flags/{flag}/try', { path: { flag }, body, signal });
    return warnings.map((warning) => ({ kind: 'warning', ...warning }));
  } catch (error) {
    if (!(error instanceof ApiError) || error.problem?.errors === undefined) throw error;
    return error.problem.errors.map(({ pointer, message }) => ({ kind: 'fault', pointer, message }));
  }
}
