import type { AccessRow, Configuration, ConfigurationChanges } from '../../flags/flag.js';
import { type JsonValue, sameJson } from '../../values/json.js';
import type { Snapshot } from '../snapshot.js';

/** What differs between a snapshot and a whole configuration, found by comparing, for where nothing tells what has changed. */
export function changesTo(base: Snapshot, configuration: Configuration): ConfigurationChanges {
  const { revision, stages, actions, announced = [], timeZone = 'UTC', searchAttributes = [] } = configuration;
  const rows = Map.groupBy(configuration.roleAccess, ({ flagId }) => flagId);
  const flags = configuration.flags.filter((flag) => {
    const present = base.flags.get(flag.key);
    return !(same(present?.stored, flag) && same(present?.roleAccess, rows.get(flag.id) ?? []));
  });
  const segments = configuration.segments.filter((segment) => !same(base.segments.get(segment.key), segment));
  return {
    revision,
    flags,
    roleAccess: flags.flatMap(({ id }): readonly AccessRow[] => rows.get(id) ?? []),
    flagKeys: configuration.flags.map(({ key }) => key),
    segments,
    segmentKeys: configuration.segments.map(({ key }) => key),
    ...(same(base.stages, stages) ? {} : { stages }),
    ...(same([...base.actions.values()], actions) ? {} : { actions }),
    ...(timeZone === base.timeZone ? {} : { timeZone }),
    ...(same(base.searchAttributes, searchAttributes) ? {} : { searchAttributes }),
    ...(same([...base.announced], announced) ? {} : { announced }),
  };
}

/** The configuration that a snapshot was compiled from. */
export function storedConfiguration(snapshot: Snapshot): Configuration {
  const { revision, flags, segments, stages, actions, announced, timeZone, searchAttributes } = snapshot;
  return {
    revision,
    flags: Array.from(flags.values(), ({ stored }) => stored),
    segments: [...segments.values()].toSorted((a, b) => (a.key < b.key ? -1 : 1)),
    stages,
    actions: [...actions.values()],
    roleAccess: [...flags.values()].flatMap(({ roleAccess }) => roleAccess),
    announced: [...announced],
    timeZone,
    searchAttributes,
  };
}

/** Whether two stored values are the same; all of them are JSON. */
function same(one: unknown, other: unknown): boolean {
  return one === other || sameJson(one as JsonValue, other as JsonValue);
}
