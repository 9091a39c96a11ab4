import { useEffect, useMemo } from 'react';
import type { AuditEntry, SegmentInput } from '../../../../src/protocol/gen/admin-json.js';
import { useMay } from '../../parts/page/session-context.js';
import { type Effects, lostBy, useEffects } from '../../parts/preview/effects.js';
import type { Losses } from '../../parts/preview/losses-confirmed.js';

/** What undoing an entry of a segment does to the flags that refer to it. */
export interface UndoingSegment {
  readonly losses: Losses;
  /** Undefined where nobody's flags change by it. */
  readonly effects: Effects | undefined;
  /** Whether others have changed something since they began: they begin anew once they have ended. */
  readonly outdated: boolean;
  /** Undefined for whoever may not ask how many lose one. */
  readonly again: (() => void) | undefined;
  readonly stop: () => void;
}

/**
 * Finds out whom undoing an entry of a segment takes which flag from. Nobody has one by a segment that is new, or was deleted: while something
 * refers to it, none is; nor by another name.
 */
export function useUndoingSegment(entry: AuditEntry): UndoingSegment {
  const [mayRefer, mayPreview] = [useMay('GetReferences'), useMay('PreviewRule')];
  const former = useMemo(() => formerOf(entry), [entry]);
  const asks = mayRefer && mayPreview ? former : undefined;
  const { effects, outdated, start, stop } = useEffects(entry.target, { renewed: true });
  useEffect(() => {
    if (asks !== undefined) void start(asks);
  }, [asks, start]);
  const losses = (): Losses => {
    if (former === undefined) return 0;
    if (asks === undefined) return 'unknown';
    return effects === undefined || outdated ? 'asking' : lostBy(effects);
  };
  return {
    losses: losses(),
    effects,
    outdated,
    again: asks === undefined ? undefined : () => void start(asks),
    stop,
  };
}

/** The segment as it was before the entry, where other people were in it. */
function formerOf({ action, before, after }: AuditEntry): SegmentInput | undefined {
  const [was, is] = [before as Logged | null | undefined, after as Logged | null | undefined];
  if (action !== 'segment.set' || was == null || is == null) return undefined;
  if (JSON.stringify(was.conditions) === JSON.stringify(is.conditions)) return undefined;
  return { name: was.name, conditions: was.conditions } as SegmentInput;
}

/** What an entry holds of a segment before it, and after. */
interface Logged {
  readonly name: string;
  readonly conditions: unknown;
}
