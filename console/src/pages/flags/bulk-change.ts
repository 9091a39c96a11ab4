import type { FeatureFlag, FeatureFlagInput } from '../../../../src/protocol/gen/admin-json.js';
import { call } from '../../api/api.js';
import { tagOfFlag } from '../../api/flag-tag.js';

export type BulkKind = 'tag' | 'untag' | 'archive' | 'bring-back';

/** What a change of many flags is, for one of them; undefined where it is so already. */
export function changeOf(flag: FeatureFlag, kind: BulkKind, tag: string): FeatureFlagInput | undefined {
  const { tags, archived = false } = flag;
  switch (kind) {
    case 'tag':
      return tags.includes(tag) ? undefined : { tags: [...tags, tag] };
    case 'untag':
      return tags.includes(tag) ? { tags: tags.filter((each) => each !== tag) } : undefined;
    case 'archive':
      return archived ? undefined : { archived: true };
    case 'bring-back':
      return archived ? { archived: false } : undefined;
  }
}

export interface BulkFailure {
  readonly flag: FeatureFlag;
  readonly error: unknown;
}

export interface BulkChange {
  readonly flags: readonly FeatureFlag[];
  readonly kind: BulkKind;
  readonly tag: string;
  readonly comment: string;
  readonly signal: AbortSignal;
  readonly onProgress: (done: number) => void;
}

/** How many changes are under way at once: a server has other things to do. */
const AT_ONCE = 4;

/**
 * Changes flags one by one, each as it was when it was picked: one that somebody has changed since fails by itself. Gives how many were
 * changed, which failed, and which were not tried because `signal` was aborted.
 */
export async function changeFlags({ flags, kind, tag, comment, signal, onProgress }: BulkChange) {
  const waiting = [...flags];
  const failures: BulkFailure[] = [];
  let [done, changed] = [0, 0];
  const work = async (): Promise<void> => {
    for (let flag = waiting.shift(); flag !== undefined; flag = waiting.shift()) {
      try {
        if (await changeFlag(flag, { kind, tag, comment })) changed++;
      } catch (error) {
        failures.push({ flag, error });
      }
      onProgress(++done);
      if (signal.aborted) return;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return { changed, failures, untried: waiting };
}

async function changeFlag(
  flag: FeatureFlag,
  { kind, tag, comment }: Pick<BulkChange, 'kind' | 'tag' | 'comment'>,
): Promise<boolean> {
  const body = changeOf(flag, kind, tag);
  if (body === undefined) return false;
  await call('PATCH /api/admin/flags/{flag}', {
    path: { flag: flag.key },
    query: { comment },
    body,
    ifMatch: tagOfFlag(flag),
  });
  return true;
}
