import { derivationsOf, NO_DERIVATIONS } from '../../counting/derivations.js';
import { type FactSlot, FactSlots } from '../../facts/fact-record.js';
import type { Action, Configuration, ConfigurationChanges } from '../../flags/flag.js';
import { Dependencies } from '../dependencies.js';
import { FactReaders } from '../fact-readers.js';
import { LayeredMap } from '../layered-map.js';
import { NamesByKey } from '../names-by-key.js';
import type { Snapshot } from '../snapshot.js';
import { FlagsCompiler, segmentsAfter } from './compile-flags.js';
import { allOf, changesForOrganizations, earnersAfter } from './organization-earners.js';
import {
  byIdAfter,
  type ChangedFlags,
  latchingAfter,
  readingAfter,
  streaksRead,
  visibleAfter,
  windowEdgesAfter,
  windowedActionsAfter,
} from './snapshot-parts.js';
import { changesTo } from './stored-configuration.js';

/** The configuration before any has been loaded. */
export const EMPTY_CONFIGURATION: Configuration = {
  revision: -1,
  flags: [],
  segments: [],
  stages: [],
  actions: [],
  roleAccess: [],
};

function inOrder(one: string, other: string): number {
  return one < other ? -1 : 1;
}

const NO_SLOTS = new FactSlots();

export const EMPTY_SNAPSHOT: Snapshot = {
  revision: -1,
  flags: new LayeredMap(inOrder),
  flagsById: new LayeredMap(),
  segments: new Map(),
  compiledSegments: new Map(),
  reading: { slots: NO_SLOTS, stageNames: [], timeZone: 'UTC', unlockable: new Map() },
  slots: NO_SLOTS,
  stages: [],
  stageNames: [],
  actions: new Map(),
  timeZone: 'UTC',
  searchAttributes: [],
  derivations: NO_DERIVATIONS,
  windowedActions: new Map(),
  streaks: new Map(),
  latching: [],
  organizationEarners: undefined,
  visible: [],
  windowEdges: [],
  dependencies: new Dependencies(),
  readers: new FactReaders(NO_SLOTS),
  kinds: new NamesByKey(),
  announced: new Set(),
  failures: [],
};

/**
 * Compiles a configuration; never throws. What is the same in `previous` is taken from there. A flag that this release cannot
 * compile keeps its form in `previous`, or is off where it has none, and is named among the failures.
 */
export function compileSnapshot(configuration: Configuration, previous: Snapshot = EMPTY_SNAPSHOT): Snapshot {
  return compileChanges(previous, changesTo(previous, configuration));
}

/**
 * The snapshot after these changes: the same as if the whole configuration were compiled. Only flags that have changed, or that
 * refer to changed segments, are compiled. Never throws; see {@link compileSnapshot}.
 *
 * @param last the snapshot with the last forms of flags that this release cannot compile
 */
export function compileChanges(base: Snapshot, changes: ConfigurationChanges, last: Snapshot = base): Snapshot {
  const segments = segmentsAfter(base, changes);
  const own = changesForOrganizations(base, changes, segments);
  const [before, kept] = [base, last].map(({ organizationEarners }) => organizationEarners?.judging ?? EMPTY_SNAPSHOT);
  const organizations = own && compileFor(before!, own, kept!);
  const snapshot = compileFor(base, changes, last, organizations);
  if (!isReadOfOrganizations(organizations, snapshot.slots)) return snapshot;
  const judging = organizations ?? compileFor(EMPTY_SNAPSHOT, allOf(base, changes, segments), EMPTY_SNAPSHOT);
  return { ...snapshot, organizationEarners: earnersAfter(base.organizationEarners, judging, snapshot) };
}

/**
 * The snapshot of one kind of earners.
 *
 * @param organizations of users, the flags with rules that organizations earn, as organizations are judged by them
 */
function compileFor(base: Snapshot, changes: ConfigurationChanges, last: Snapshot, organizations?: Snapshot): Snapshot {
  const segments = segmentsAfter(base, changes);
  const { changed, ...compiled } = new FlagsCompiler({ base, changes, segments, last, organizations }).compile();
  const { slots, flags, dependencies } = compiled;
  const after: ChangedFlags = { base, flags, changed };
  const stages = changes.stages ?? base.stages;
  const stageNames = changes.stages === undefined ? base.stageNames : stages.map(({ name }) => name);
  const timeZone = changes.timeZone ?? base.timeZone;
  return {
    ...compiled,
    revision: changes.revision,
    segments: segments.all,
    flagsById: byIdAfter(after),
    reading: readingAfter(after, { slots, stageNames, timeZone }),
    stages,
    stageNames,
    timeZone,
    searchAttributes: changes.searchAttributes ?? base.searchAttributes,
    actions: changes.actions === undefined ? base.actions : byName(changes.actions),
    derivations: changes.actions === undefined ? base.derivations : derivationsOf(changes.actions, base.derivations),
    windowedActions:
      slots === base.slots ? base.windowedActions : windowedActionsAfter(base.windowedActions, ofEarner(slots)),
    streaks: slots === base.slots ? base.streaks : streaksRead(ofEarner(slots)),
    latching: latchingAfter(after, dependencies),
    organizationEarners: undefined,
    visible: visibleAfter(after),
    windowEdges: windowEdgesAfter(after),
    announced: changes.announced === undefined ? base.announced : new Set(changes.announced),
  };
}

/** Whether anything reads what organizations have done. */
function isReadOfOrganizations(organizations: Snapshot | undefined, slots: FactSlots): boolean {
  return (organizations?.flags.size ?? 0) > 0 || slots.changedBy('organization events').length > 0;
}

/** The facts that are read of earners themselves, and not of the organization that users are in. */
function ofEarner(slots: FactSlots): readonly FactSlot[] {
  return slots.all().filter(({ bound }) => !bound.changedBy.has('organization events'));
}

function byName(actions: readonly Action[]): ReadonlyMap<string, Action> {
  return new Map(actions.map((action) => [action.name, action]));
}
