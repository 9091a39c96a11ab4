import { readsProperties } from '../../core/counting/derivations.js';
import { type DerivationInput, parseDerivation } from '../../core/counting/parse-derivation.js';
import type { Action, Derivation } from '../../core/flags/flag.js';
import { actionsDerivedFrom } from '../../core/snapshot/action-uses.js';
import type { Snapshot } from '../../core/snapshot/snapshot.js';
import type { Fault } from '../../core/values/fault.js';
import { type JsonValue, quote, sameJson } from '../../core/values/json.js';
import { didYouMean } from '../../core/values/nearest-name.js';
import { DAY_MS, shownInstant } from '../../core/values/time.js';

/** An action as it is to be declared. How it is derived has not been checked. */
export interface ActionDraft {
  readonly name: string;
  readonly clientTrackable: boolean;
  readonly derivation?: DerivationInput | undefined;
}

export interface DraftedActions {
  /** In the order of the drafts; usable where there are no errors. */
  readonly actions: readonly Action[];
  readonly errors: readonly Fault[];
  readonly warnings: readonly Fault[];
}

/** By what it is known from when on events are kept. */
export interface EventKnowledge {
  readonly now: number;
  readonly retentionDays: number;
  readonly propertiesDropped: boolean;
  /** The first day, in days since 1970, from which on housekeeping is known to have dropped nothing. */
  readonly keptFrom: number;
}

/** How many derived actions there may be: each event is held against those that its action may count as. */
export const MAX_DERIVED = 200;

/** Checks actions that are to be declared against one another and those that are declared. Pointers begin at the call. */
export function draftActions(
  drafts: readonly ActionDraft[],
  snapshot: Pick<Snapshot, 'actions' | 'derivations' | 'readers'>,
  knowledge: EventKnowledge,
): DraftedActions {
  const errors: Fault[] = [];
  const warnings: Fault[] = [];
  const actions = drafts.map(({ name, clientTrackable, derivation }, i): Action => {
    if (derivation === undefined) return { name, clientTrackable };
    const pointer = `/actions/${i}`;
    const parsed = parseDerivation(derivation, `${pointer}/derivation`);
    errors.push(...parsed.errors);
    warnings.push(...parsed.warnings);
    if (clientTrackable) {
      const message = `nobody sends ${quote(name)}, which is counted from other events; let people send those`;
      errors.push({ pointer: `${pointer}/client_trackable`, message });
    }
    return { name, clientTrackable, derivation: withSince(parsed.derivation, snapshot.actions.get(name), knowledge) };
  });
  errors.push(...faultsOfPlaces(actions, snapshot));
  if (errors.length === 0) warnings.push(...warningsOf(actions, snapshot));
  return { actions, errors, warnings };
}

/** The derivation as it is stored: since when it counts stays with it for as long as it means the same. */
function withSince(
  derivation: Omit<Derivation, 'countsSince'>,
  present: Action | undefined,
  { now, retentionDays, propertiesDropped, keptFrom }: EventKnowledge,
): Derivation {
  if (present?.derivation !== undefined) {
    const { countsSince, ...meaning } = present.derivation;
    if (sameJson(meaning as unknown as JsonValue, derivation as unknown as JsonValue)) return present.derivation;
  }
  if (propertiesDropped && readsProperties(derivation)) return { ...derivation, countsSince: now };
  return { ...derivation, countsSince: Math.min(now, Math.max(now - retentionDays * DAY_MS, keptFrom * DAY_MS)) };
}

/** The faults of what derived actions are derived from, of all there will be: a derived action cannot be derived from another one. */
function faultsOfPlaces(actions: readonly Action[], { derivations }: Pick<Snapshot, 'derivations'>): readonly Fault[] {
  const derived = new Map(derivations.all);
  for (const { name, derivation } of actions) {
    if (derivation === undefined) derived.delete(name);
    else derived.set(name, derivation);
  }
  const faults: Fault[] = [];
  for (const [i, { name, derivation }] of actions.entries()) {
    if (derivation === undefined) continue;
    for (const [n, source] of derivation.from.entries()) {
      if (!derived.has(source)) continue;
      const pointer = `/actions/${i}/derivation/from/${n}`;
      faults.push({ pointer, message: `${quote(source)} is derived itself, so name what it is derived from` });
    }
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

/** Since when each counts that is new or changed, and names that are probably misspelt. */
function warningsOf(actions: readonly Action[], { actions: present, readers }: Pick<Snapshot, 'actions' | 'readers'>) {
  const warnings: Fault[] = [];
  const given = new Set(actions.map(({ name }) => name));
  const known = new Set([...present.keys(), ...given, ...readers.actionsRead()]);
  for (const [i, { name, derivation }] of actions.entries()) {
    if (derivation === undefined) continue;
    const pointer = `/actions/${i}/derivation`;
    for (const [n, source] of derivation.from.entries()) {
      const near = known.has(source) ? '' : didYouMean(source, known);
      if (near !== '')
        warnings.push({ pointer: `${pointer}/from/${n}`, message: `no action ${quote(source)} is declared${near}` });
    }
    if (derivation === present.get(name)?.derivation) continue;
    const message = `${quote(name)} counts what is kept, which is what occurred since ${shownInstant(derivation.countsSince)}, and nothing before`;
    warnings.push({ pointer, message });
  }
  return warnings;
}
