import type { ConfigurationChange } from '../../configuration/configuration-log.js';
import type { Snapshot } from '../../core/snapshot/snapshot.js';
import type { ConfigurationReader } from '../../store/configuration-store.js';
import { mayKnowFlag } from '../access/caller-reach.js';
import type { LiveNews } from './live-event.js';
import type { LiveStream } from './live-stream.js';

/** How far back is read what changed: a deployment that was changed more often since is to be fetched again. */
const MOST_REVISIONS = 1_000;

/** What a reader may know of a change; undefined where that is nothing. */
export function touched(
  { call, scope }: Pick<LiveStream, 'call' | 'scope'>,
  change: ConfigurationChange,
): LiveNews | undefined {
  const knowsAll = mayKnowFlag(call, undefined);
  const flagKeys = [...(knowsAll ? change.all : change.administered)];
  const { segmentKeys, actions, stages } = scope === '' ? change.parts : NOTHING;
  if (flagKeys.length + segmentKeys.size + actions.size === 0 && !stages) return undefined;
  return { type: 'configuration', flagKeys, segmentKeys: [...segmentKeys], actions: [...actions], stages };
}

const NONE: ReadonlySet<string> = new Set<string>();
const NOTHING: ConfigurationChange['parts'] = { segmentKeys: NONE, actions: NONE, stages: false };

/** A change, and the revision up to which it tells. */
export interface StoredChange {
  readonly change: ConfigurationChange;
  readonly revision: number;
}

/**
 * What changed after a revision that this process has not seen, for readers who may know everything, as the store tells it; undefined where
 * it cannot: too much changed since, something was removed, or something by which any flag may be decided.
 */
export async function storedChange(
  reader: Pick<ConfigurationReader, 'changes'>,
  since: number,
  { revision, dependencies, flags }: Snapshot,
): Promise<StoredChange | undefined> {
  if (since < 0 || revision - since > MOST_REVISIONS) return undefined;
  const changes = await reader.changes(since);
  const { flagKeys, stages, actions, timeZone } = changes;
  if ([flagKeys, changes.segmentKeys, stages, actions, timeZone].some((given) => given !== undefined)) return undefined;
  const segmentKeys = new Set(changes.segments.map(({ key }) => key));
  const reading = [...flags.values()].filter(({ segments }) =>
    [...segments.keys()].some((key) => segmentKeys.has(key)),
  );
  const all = dependencies.withDependents([...changes.flags, ...reading.map(({ flag }) => flag)].map(({ key }) => key));
  const known = { all, visible: NONE, administered: NONE };
  return { change: { ...known, parts: { ...NOTHING, segmentKeys } }, revision: changes.revision };
}
