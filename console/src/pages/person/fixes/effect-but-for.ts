import type { PreviewCounts, PreviewResult } from '../../../../../src/protocol/gen/admin-json.js';

/** How a flag stands for somebody before a change and after. */
export interface Flip {
  readonly before: boolean;
  readonly after: boolean;
}

/** Somebody whom a preview may have looked at among others. */
export interface Person {
  readonly id: string;
  /** Whether something is stored of them: previews look at nobody else. */
  readonly stored: boolean;
  readonly flip: Flip;
}

/** What a preview found, without one person: others are others. */
export function effectButFor(result: PreviewResult, { id, stored, flip }: Person): PreviewResult {
  const { before, after } = flip;
  const group: keyof PreviewCounts = before ? (after ? 'stay_on' : 'would_lose') : after ? 'would_unlock' : 'stay_off';
  const samples = result[group];
  const others = samples.filter(({ user_id }) => user_id !== id);
  const count = result.counts?.[group] ?? 0;
  // Who is among the samples was counted, whatever is known of them; a sample that is whole and lacks them says that they were not.
  const counted = others.length < samples.length || (stored && count > samples.length);
  if (!counted || result.counts === undefined) return result;
  return { ...result, counts: { ...result.counts, [group]: count - 1 }, [group]: others };
}
