import {
  type AttributeRead,
  attributeReads,
  doubtOfAttribute,
  doubtOfDottedName,
} from '../../core/conditions/attribute-reads.js';
import type { Snapshot } from '../../core/snapshot/snapshot.js';
import { type Fault, pointerStep } from '../../core/values/fault.js';
import type { JsonObject } from '../../core/values/json.js';

type ReadsByName = ReadonlyMap<string, readonly AttributeRead[]>;

/** What each set of conditions reads. A set is the same object from snapshot to snapshot, until it is written. */
const ofConditions = new WeakMap<JsonObject, readonly AttributeRead[]>();
const ofSnapshot = new WeakMap<Snapshot, ReadsByName>();

/** How many warnings a call may give. */
const MAX_WARNINGS = 50;

/**
 * Warnings for attributes that are to be stored: one for each that a condition reads but cannot compare, or that looks like one
 * that conditions read but is not. Archived flags are left out, since they decide nothing.
 */
export function attributeWarnings(attributes: JsonObject, snapshot: Snapshot): readonly Fault[] {
  const names = Object.keys(attributes);
  if (names.length === 0) return [];
  const reads = readsOf(snapshot);
  const warnings: Fault[] = [];
  for (const name of names) {
    if (warnings.length >= MAX_WARNINGS) break;
    const message = doubtOf(name, attributes, reads);
    if (message !== undefined) warnings.push({ pointer: `/attributes${pointerStep(name)}`, message });
  }
  return warnings;
}

function doubtOf(name: string, attributes: JsonObject, reads: ReadsByName): string | undefined {
  for (const read of reads.get(name) ?? []) {
    const doubt = doubtOfAttribute(read, attributes);
    if (doubt !== undefined) return doubt;
  }
  const dot = name.indexOf('.');
  if (dot < 1 || reads.has(name)) return undefined;
  for (const read of reads.get(name.slice(0, dot)) ?? []) {
    const doubt = doubtOfDottedName(name, read);
    if (doubt !== undefined) return doubt;
  }
  return undefined;
}

/** What conditions read of attributes, by the attribute's name. It is made once for a snapshot, when it is first asked for. */
function readsOf(snapshot: Snapshot): ReadsByName {
  const known = ofSnapshot.get(snapshot);
  if (known !== undefined) return known;
  const reads = new Map<string, AttributeRead[]>();
  for (const conditions of conditionsIn(snapshot)) {
    const own = ofConditions.get(conditions) ?? attributeReads(conditions);
    ofConditions.set(conditions, own);
    for (const read of own) {
      const others = reads.get(read.name);
      if (others === undefined) reads.set(read.name, [read]);
      else others.push(read);
    }
  }
  ofSnapshot.set(snapshot, reads);
  return reads;
}

function* conditionsIn({ flags, segments }: Snapshot): Generator<JsonObject> {
  for (const { stored } of flags.values()) {
    if (stored.archived) continue;
    for (const { conditions } of stored.rules) yield conditions;
  }
  for (const { conditions } of segments.values()) yield conditions;
}
