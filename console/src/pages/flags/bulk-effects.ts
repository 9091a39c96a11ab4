import { useCallback, useEffect, useState } from 'react';
import type { FeatureFlag } from '../../../../src/protocol/gen/admin-json.js';
import { useMay } from '../../parts/page/session-context.js';
import { type Effects, lostBy, usePreviews } from '../../parts/preview/effects.js';
import type { Losses } from '../../parts/preview/losses-confirmed.js';
import { type BulkKind, changeOf } from './bulk-change.js';

/** The most flags that are previewed without being asked to: each of them may be a look at everybody. */
const MOST_PREVIEWED = 100;

/** From whom a change of many flags takes one. */
export interface BulkEffects {
  /** Undefined where nothing is previewed. */
  readonly effects: Effects | undefined;
  readonly losses: Losses;
  /** Undefined for whoever may not ask how many lose one. */
  readonly again: (() => void) | undefined;
  readonly stop: () => void;
}

/** Previews the change of each flag that it moves people by. Tags move nobody. */
export function useBulkEffects(kind: BulkKind, flags: readonly FeatureFlag[]): BulkEffects {
  const moving = kind === 'archive' || kind === 'bring-back' ? flags.filter((flag) => changeOf(flag, kind, '')) : [];
  const keys = JSON.stringify(moving.map(({ key }) => key));
  const mayPreview = useMay('PreviewRule');
  const [wanted, setWanted] = useState(false);
  const asks = mayPreview && moving.length > 0 && (wanted || moving.length <= MOST_PREVIEWED);
  const { effects, outdated, start, stop } = usePreviews({ renewed: asks });
  const again = useCallback(() => {
    const archived = kind === 'archive';
    void start({
      of: `${kind} ${keys}`,
      flags: async () => JSON.parse(keys) as string[],
      draftOf: (key) => ({ flag: { key, archived } }),
    });
  }, [kind, keys, start]);
  useEffect(() => {
    if (asks) again();
  }, [asks, again]);
  const asked = effects === undefined || outdated ? 'asking' : lostBy(effects);
  return {
    effects: asks ? effects : undefined,
    losses: asks ? asked : moving.length > 0 ? 'unknown' : 0,
    again: !mayPreview ? undefined : asks ? again : () => setWanted(true),
    stop,
  };
}
