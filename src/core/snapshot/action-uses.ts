import { nodesOf } from '../conditions/references.js';
import { isJsonObject, ownMember, quote } from '../values/json.js';
import type { Snapshot } from './snapshot.js';

/** The names of the actions that are derived from this one. */
export function actionsDerivedFrom(name: string, { derivations }: Pick<Snapshot, 'derivations'>): readonly string[] {
  return [...derivations.all].flatMap(([derived, { from }]) => (from.includes(name) ? [derived] : []));
}

/** The names of the actions that count since this one. */
export function actionsSince(name: string, { derivations }: Pick<Snapshot, 'derivations'>): readonly string[] {
  return derivations.followersOf(name).map(({ action }) => action);
}

/** What reads an action, as a message names it: flags, archived ones and those by way of segments too, and segments. */
export function readersOfAction(name: string, { flags, readers, segments }: Snapshot): readonly string[] {
  const reads = (conditions: unknown): boolean =>
    [...nodesOf(conditions, '')].some(({ node }) => {
      const params = ownMember(node, 'params');
      return isJsonObject(params) && ownMember(params, 'action') === name;
    });
  // Of what is read of organizations no index tells.
  const direct = [...flags.values()].filter(({ stored }) => stored.rules.some(({ conditions }) => reads(conditions)));
  const keys = new Set([...readers.ofAction(name), ...direct.map(({ stored }) => stored.key)]);
  return [
    ...[...keys].toSorted().map((flagKey) => `the flag ${quote(flagKey)}`),
    ...[...segments].flatMap(([key, { conditions }]) => (reads(conditions) ? [`the segment ${quote(key)}`] : [])),
  ];
}
