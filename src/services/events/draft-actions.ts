import { type Derivations, readsProperties } from '../../core/counting/derivations.js';
import { countedAnew, type EventKnowledge } from '../../core/counting/kept-since.js';
import { type DerivationInput, parseDerivation } from '../../core/counting/parse-derivation.js';
import type { Action, Derivation } from '../../core/flags/flag.js';
import { actionsDerivedFrom } from '../../core/snapshot/action-uses.js';
import { circleOfActions } from '../../core/snapshot/checking/circles-of-actions.js';
import type { Snapshot } from '../../core/snapshot/snapshot.js';
import type { Fault } from '../../core/values/fault.js';
import { type JsonValue, quote, sameJson } from '../../core/values/json.js';
import { ANY_ACTION } from '../../core/values/names.js';
import { didYouMean } from '../../core/values/nearest-name.js';
import { shownInstant } from '../../core/values/time/time.js';

/** An action as it is to be declared. How it is derived has not been checked. */
export interface ActionDraft {
  readonly name: string;
  readonly clientTrackable: boolean;
  readonly derivation?: DerivationInput | undefined;
}

/** The draft that declares an action as it is. */
export function draftOf({ name, clientTrackable, derivation }: Action): ActionDraft {
  if (derivation === undefined) return { name, clientTrackable };
  const { from, where, value, distinct, since } = derivation;
  return {
    name,
    clientTrackable,
    derivation: {
      from,
      where,
      ...(value !== undefined && { value: typeof value === 'object' ? { property: value } : { constant: value } }),
      ...(distinct !== undefined && { distinct }),
      ...(since !== undefined && {
        since: { action: since.action, flag: since.unlock?.flagKey, withinDays: since.withinDays },
      }),
    },
  };
}

export interface DraftedActions {
  /** In the order of the drafts; usable where there are no errors. */
  readonly actions: readonly Action[];
  /** Other declared actions that count since one of these, and that are to be counted anew with it. */
  readonly followers: readonly Action[];
  readonly errors: readonly Fault[];
  readonly warnings: readonly Fault[];
}

/** How many derived actions there may be: each event is held against those that its action may count as. */
const MAX_DERIVED = 200;

/** Checks actions that are to be declared against one another and those that are declared. Pointers begin at the call. */
export function draftActions(
  drafts: readonly ActionDraft[],
  snapshot: Pick<Snapshot, 'actions' | 'derivations' | 'readers' | 'flags' | 'segments'>,
  knowledge: EventKnowledge,
): DraftedActions {
  const errors: Fault[] = [];
  const warnings: Fault[] = [];
  const drafted = drafts.map(({ name, clientTrackable, derivation }, i): Action => {
    if (derivation === undefined) return { name, clientTrackable };
    const pointer = `/actions/${i}`;
    const parsed = parseDerivation(derivation, `${pointer}/derivation`, snapshot.flags);
    errors.push(...parsed.errors);
    warnings.push(...parsed.warnings);
    if (derivation.since?.action !== undefined && knowledge.propertiesDropped && readsProperties(parsed.derivation))
      errors.push({ pointer: `${pointer}/derivation/since`, message: NEEDS_PROPERTIES });
    if (clientTrackable) {
      const message = `nobody sends ${quote(name)}, which is counted from other events; let people send those`;
      errors.push({ pointer: `${pointer}/client_trackable`, message });
    }
    return {
      name,
      clientTrackable,
      derivation: withSince(parsed.derivation, snapshot.actions.get(name)?.derivation, knowledge),
    };
  });
  errors.push(...faultsOfPlaces(drafted, snapshot));
  if (errors.length === 0) errors.push(...faultsOfCircles(drafted, snapshot));
  if (errors.length > 0) return { actions: drafted, followers: [], errors, warnings };
  const renewed = followersAnew(drafted, snapshot, knowledge);
  const actions = drafted.map((action) => renewed.get(action.name) ?? action);
  warnings.push(...warningsOf(actions, snapshot));
  const given = new Set(drafts.map(({ name }) => name));
  return { actions, followers: [...renewed.values()].filter(({ name }) => !given.has(name)), errors, warnings };
}

/** The actions that count since one of these which is derived otherwise now: they count anew what is kept. */
function followersAnew(
  drafted: readonly Action[],
  { actions: present }: Pick<Snapshot, 'actions'>,
  knowledge: EventKnowledge,
): ReadonlyMap<string, Action> {
  const after = new Map([...present, ...drafted.map((action) => [action.name, action] as const)]);
  const rederived = new Set(
    drafted.flatMap(({ name, derivation }) => (derivation === present.get(name)?.derivation ? [] : [name])),
  );
  const renewed = new Map<string, Action>();
  for (const [name, action] of after) {
    const { derivation } = action;
    if (derivation?.since?.action === undefined || !rederived.has(derivation.since.action)) continue;
    renewed.set(name, { ...action, derivation: countedAnew(derivation, knowledge) });
  }
  return renewed;
}

const NEEDS_PROPERTIES =
  'with EVENT_PROPERTIES=drop nothing that reads properties counts since another action: where that comes late, events before it are looked at again; read none, or keep them';

/** The derivation as it is stored: since when it counts stays with it for as long as it means the same. */
function withSince(
  derivation: Omit<Derivation, 'countsSince'>,
  present: Derivation | undefined,
  knowledge: EventKnowledge,
): Derivation {
  if (present === undefined) return countedAnew(derivation, knowledge);
  const drafted = { ...derivation, ...sinceKept(derivation, present) };
  const { countsSince, ...meaning } = present;
  const isSame = sameJson(meaning as unknown as JsonValue, drafted as unknown as JsonValue);
  return isSame ? present : countedAnew(drafted, knowledge);
}

/** How a flag's unlocks are read stays: writes of the flag see to it. */
function sinceKept(
  { since }: Pick<Derivation, 'since'>,
  { since: present }: Pick<Derivation, 'since'>,
): Pick<Derivation, 'since'> {
  if (since?.unlock === undefined || since.unlock.flagId !== present?.unlock?.flagId) return {};
  return { since: { ...since, unlock: present.unlock } };
}

/** The faults of what derived actions are derived from, of all there will be: a derived action cannot be derived from another one. */
function faultsOfPlaces(actions: readonly Action[], { derivations }: Pick<Snapshot, 'derivations'>): readonly Fault[] {
  const derived = derivedAfter(actions, derivations);
  const faults: Fault[] = [];
  for (const [i, { name, derivation }] of actions.entries()) {
    if (derivation === undefined) continue;
    for (const [n, source] of derivation.from.entries()) {
      if (!derived.has(source)) continue;
      const pointer = `/actions/${i}/derivation/from/${n}`;
      faults.push({ pointer, message: `${quote(source)} is derived itself, so name what it is derived from` });
    }
    faults.push(...faultsOfSince({ name, derivation }, derived, `/actions/${i}/derivation`));
    const given = new Set(actions.map((action) => action.name));
    const others = actionsDerivedFrom(name, { derivations }).filter((other) => !given.has(other));
    if (others.length === 0) continue;
    const message = `${quote(others[0])} is derived from ${quote(name)}, which therefore cannot be derived; change that first`;
    faults.push({ pointer: `/actions/${i}/derivation`, message });
  }
  if (derived.size > MAX_DERIVED && derived.size > derivations.all.size) {
    faults.push({
      pointer: '/actions',
      message: `there are at most ${MAX_DERIVED} derived actions, not ${derived.size}`,
    });
  }
  return faults;
}

/** The derived actions as they will be. */
function derivedAfter(actions: readonly Action[], { all }: Derivations): ReadonlyMap<string, Derivation> {
  const derived = new Map(all);
  derived.delete(ANY_ACTION);
  for (const { name, derivation } of actions) {
    if (derivation === undefined) derived.delete(name);
    else derived.set(name, derivation);
  }
  return derived;
}

/** The fault of an action that counts since a flag was unlocked which it unlocks itself, directly or not. */
function faultsOfCircles(
  actions: readonly Action[],
  snapshot: Pick<Snapshot, 'derivations' | 'flags' | 'segments'>,
): readonly Fault[] {
  const circle = circleOfActions(snapshot, { derived: derivedAfter(actions, snapshot.derivations) });
  if (circle === undefined) return [];
  const i = actions.findIndex(({ name, derivation }) => derivation && circle.includes(`action ${name}`));
  const message = `flags and actions depend on one another: ${circle.join(' → ')}`;
  return [{ pointer: `/actions/${i}/derivation/since/flag`, message }];
}

/** The faults of what an action counts since: that must not wait for another one itself. */
function faultsOfSince(
  { name, derivation }: Required<Pick<Action, 'name' | 'derivation'>>,
  derived: ReadonlyMap<string, Derivation>,
  pointer: string,
): readonly Fault[] {
  const faults: Fault[] = [];
  const first = derivation.since?.action;
  if (first !== undefined && derived.get(first)?.since !== undefined) {
    const message = `${quote(first)} counts since another action itself: ${waysFrom(name, derived).map(quote).join(' → ')}; name one that does not`;
    faults.push({ pointer: `${pointer}/since/action`, message });
  }
  if (first === undefined) return faults;
  for (const [other, { since }] of derived) {
    if (other === name || since?.action !== name) continue;
    const message = `${quote(other)} counts since ${quote(name)}, which therefore cannot count since another action; change that first`;
    faults.push({ pointer: `${pointer}/since`, message });
  }
  return faults;
}

/** The actions of which each counts since the next, up to the one that does so no more, or comes again. */
function waysFrom(name: string, derived: ReadonlyMap<string, Derivation>): readonly string[] {
  const way = [name];
  for (let at = derived.get(name)?.since?.action; at !== undefined; at = derived.get(at)?.since?.action) {
    way.push(at);
    if (way.indexOf(at) < way.length - 1) break;
  }
  return way;
}

/** Since when each counts that is new or changed, and names that are probably misspelt. */
function warningsOf(
  actions: readonly Action[],
  { actions: present, readers, flags }: Pick<Snapshot, 'actions' | 'readers' | 'flags'>,
) {
  const warnings: Fault[] = [];
  const given = new Set(actions.map(({ name }) => name));
  const known = new Set([...present.keys(), ...given, ...readers.actionsRead()]);
  for (const [i, { name, derivation }] of actions.entries()) {
    if (derivation === undefined) continue;
    const pointer = `/actions/${i}/derivation`;
    for (const [n, source] of derivation.from.entries()) {
      warnings.push(...misspelt(source, known, `${pointer}/from/${n}`));
    }
    if (derivation.since?.action !== undefined)
      warnings.push(...misspelt(derivation.since.action, known, `${pointer}/since/action`));
    const flagKey = derivation.since?.unlock?.flagKey;
    if (flagKey !== undefined && flags.get(flagKey)?.latchingRules.length === 0) {
      const message = `${quote(flagKey)} has no latching rule: it counts for those alone to whom that is granted by hand`;
      warnings.push({ pointer: `${pointer}/since/flag`, message });
    }
    if (derivation === present.get(name)?.derivation) continue;
    const message = `${quote(name)} counts what is kept, which is what occurred since ${shownInstant(derivation.countsSince)}, and nothing before`;
    warnings.push({ pointer, message });
  }
  return warnings;
}

function misspelt(action: string, known: ReadonlySet<string>, pointer: string): readonly Fault[] {
  const near = known.has(action) ? '' : didYouMean(action, known);
  return near === '' ? [] : [{ pointer, message: `no action ${quote(action)} is declared${near}` }];
}
