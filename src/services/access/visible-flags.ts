import type { Call } from '../../calls/caller.js';
import type { Snapshot } from '../../core/snapshot/snapshot.js';

/** Whether a caller may be told of a flag: people know of those only that are meant for their screens. */
export function mayKnow({ caller }: Call, flagKey: string, { flags }: Snapshot): boolean {
  return caller.kind !== 'person' || flags.get(flagKey)?.flag.clientVisible === true;
}
