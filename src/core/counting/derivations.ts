import { ConditionCompiler } from '../conditions/compiling/compile-conditions.js';
import { FactSlots } from '../facts/fact-record.js';
import type { Action, Derivation, Since, SinceAction } from '../flags/flag.js';
import type { EventName } from '../states/ledger.js';
import { inBrief, type JsonObject, type JsonValue, quote, sameJson } from '../values/json.js';
import { LARGEST_AMOUNT, roundedAmount } from '../values/millionths.js';
import { ANY_ACTION } from '../values/names.js';
import type { CountedEvent } from './count-events.js';
import { EVENT_FACTS, propertyReader, sourcesOf } from './event-facts.js';

/** How many different values of a property count for one user and action: more would have to be remembered for good. */
export const MAX_DISTINCT = 10_000;

/** What an event says: all that derived actions are counted by. */
export interface SaidEvent extends CountedEvent, EventName {
  /** Undefined where they were dropped: then the event counts as nothing that reads them. */
  readonly properties: JsonObject | undefined;
  /** Epoch milliseconds; left out: when it occurred. */
  readonly receivedAt?: number;
}

/** An event as a derived action. */
export interface DerivedEvent extends CountedEvent {
  readonly derived: true;
  /** The value of which each counts once, as a text that no other value has; absent where every event counts. */
  readonly distinct?: string;
  /** The event that such a value counts by. */
  readonly by?: EventName;
  /** What must have come before for it to count; absent where nothing must. */
  readonly since?: Since;
}

/** A derived action whose events count since another action. */
export interface Follower {
  readonly action: string;
  readonly since: SinceAction;
  /** The actions whose events may count. */
  readonly from: readonly string[];
}

interface CompiledDerivation {
  readonly action: string;
  readonly countsSince: number;
  readonly readsProperties: boolean;
  /** What stands where the value is read, if that is there and cannot be added up. */
  misfit(properties: JsonObject): unknown;
  /** The event as the derived action; undefined where it does not count as it. */
  of(event: SaidEvent): DerivedEvent | undefined;
}

/** The derived actions of a configuration, compiled. */
export class Derivations {
  /** By the derived action's name. */
  readonly all: ReadonlyMap<string, Derivation>;
  readonly #byName = new Map<string, CompiledDerivation>();
  readonly #bySource = new Map<string, CompiledDerivation[]>();
  readonly #followers = new Map<string, Follower[]>();
  readonly #waiting = new Map<string, string[]>();
  readonly #sequences = new Map<string, Follower[]>();
  readonly #unlockedSources = new Set<string>();
  readonly #byFlagId = new Map<string, string[]>();
  /** Whether some of them counts each value of a property once. */
  readonly anyDistinct: boolean;

  constructor(derived: ReadonlyMap<string, Derivation>) {
    this.all = derived;
    this.anyDistinct = [...derived.values()].some(({ distinct }) => distinct !== undefined);
    for (const [name, derivation] of derived) {
      const { from, since } = derivation;
      const compiled = compile(name, derivation);
      this.#byName.set(name, compiled);
      for (const source of new Set(from)) pushTo(this.#bySource, source, compiled);
      if (since?.unlock !== undefined) {
        for (const source of new Set(from)) this.#unlockedSources.add(source);
        pushTo(this.#byFlagId, since.unlock.flagId, name);
      }
      if (since?.action === undefined) continue;
      const follower = { action: name, since, from };
      const first = derived.get(since.action)?.from ?? [since.action];
      pushTo(this.#followers, since.action, follower);
      for (const source of new Set(from)) pushTo(this.#waiting, source, name);
      for (const either of new Set([...from, ...first])) pushTo(this.#sequences, either, follower);
    }
  }

  /** Whether which events count as some of them, or with which value, depends on their properties. */
  get readsProperties(): boolean {
    return [...this.#byName.values()].some(({ readsProperties: reads }) => reads);
  }

  /** Whether some of them count since another action. */
  get anySince(): boolean {
    return this.#followers.size > 0;
  }

  /** Whether some of them count since a flag was unlocked. */
  get anySinceUnlock(): boolean {
    return this.#byFlagId.size > 0;
  }

  /** Whether events of an action may count as others that count since a flag was unlocked. */
  mayCountSinceUnlock(action: string): boolean {
    return this.#unlockedSources.has(action);
  }

  /** The derived actions that count since this flag was unlocked. */
  sinceUnlockOf(flagId: string): readonly string[] {
    return this.#byFlagId.get(flagId) ?? NOTHING;
  }

  /** The derived actions that count since this one. */
  followersOf(action: string): readonly Follower[] {
    return this.#followers.get(action) ?? NOTHING;
  }

  /** The derived actions that count events of this one since another. */
  waitingWith(action: string): readonly string[] {
    return this.#waiting.get(action) ?? NOTHING;
  }

  /** The derived actions that count since another one, and to which an event of this action can matter as either. */
  sequencesOf(action: string): readonly Follower[] {
    return this.#sequences.get(action) ?? NOTHING;
  }

  /** All derived actions that count since another one. */
  followers(): readonly Follower[] {
    return [...this.#followers.values()].flat();
  }

  /** The actions whose events may count as others, or from which on others count. */
  sources(): Iterable<string> {
    const first = [...this.#followers.keys()].filter((action) => !this.#byName.has(action));
    return new Set([...this.#bySource.keys(), ...first]);
  }

  /** Whether events of an action may count as others, or have others count. */
  isSource(action: string): boolean {
    return this.#bySource.has(action) || this.#followers.has(action);
  }

  /** What an event counts as, besides its own action. */
  of(event: SaidEvent): readonly DerivedEvent[] {
    const [own, any] = [this.#bySource.get(event.action), this.#bySource.get(ANY_ACTION)];
    const compiled = own && any ? [...own, ...any] : (own ?? any ?? NOTHING);
    return compiled.flatMap((one) => one.of(event) ?? NOTHING);
  }

  /** An event as one of them; undefined where it does not count as it. */
  asOne(action: string, event: SaidEvent): DerivedEvent | undefined {
    return this.#byName.get(action)?.of(event);
  }

  /** Whether it cannot be said any more what an event counts as: its properties, which say so, were dropped. */
  isForgotten({ action, occurredAt, properties }: Pick<SaidEvent, 'action' | 'occurredAt' | 'properties'>): boolean {
    if (properties !== undefined) return false;
    const compiled = this.#bySource.get(action) ?? NOTHING;
    return compiled.some((one) => one.readsProperties && occurredAt >= one.countsSince);
  }

  /**
   * Why events with these properties do not count as something that their action may count as, although they seem to be meant to: a value
   * that is there and is no number.
   */
  doubtsOf(action: string, properties: JsonObject): readonly string[] {
    const doubts: string[] = [];
    for (const one of this.#bySource.get(action) ?? NOTHING) {
      const misfit = one.misfit(properties);
      if (misfit === undefined || misfit === null) continue;
      doubts.push(`does not count as ${quote(one.action)}, whose value would be ${inBrief(misfit)}; send a number`);
    }
    return doubts;
  }

  /** Those of these actions, with those since which they count. */
  among(names: ReadonlySet<string>): Derivations {
    const first = [...names].map((name) => this.all.get(name)?.since?.action);
    const wanted = new Set([...names, ...first]);
    return new Derivations(new Map([...this.all].filter(([name]) => wanted.has(name))));
  }
}

const NOTHING: readonly never[] = [];

function pushTo<T>(lists: Map<string, T[]>, key: string, one: T): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [one]);
  else list.push(one);
}

export const NO_DERIVATIONS = new Derivations(new Map());

/** The derivations of declared actions: the same object as before where these are the same. */
export function derivationsOf(actions: Iterable<Action>, before: Derivations = NO_DERIVATIONS): Derivations {
  const derived = new Map(
    Array.from(actions).flatMap(({ name, derivation }) =>
      derivation === undefined ? [] : [[name, derivation] as const],
    ),
  );
  if (changedDerivations(before.all, derived).size === 0) return before;
  return new Derivations(derived);
}

/**
 * The names of the actions that are derived otherwise before and after, or only before or after; also by that since which they
 * count.
 */
export function changedDerivations(
  before: ReadonlyMap<string, Derivation>,
  after: ReadonlyMap<string, Derivation>,
): ReadonlySet<string> {
  if (before === after) return new Set();
  const names = new Set([...before.keys(), ...after.keys()]);
  const changed = new Set([...names].filter((name) => !same(before.get(name), after.get(name))));
  for (const [name, { since }] of after)
    if (since?.action !== undefined && changed.has(since.action)) changed.add(name);
  return changed;
}

function same(one: Derivation | undefined, other: Derivation | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  return sameJson(one as unknown as JsonValue, other as unknown as JsonValue);
}

/** Whether which events count, or with which value, depends on their properties. */
export function readsProperties({ where, value, distinct }: Pick<Derivation, 'where' | 'value' | 'distinct'>): boolean {
  return Object.keys(where).length > 0 || typeof value === 'object' || distinct !== undefined;
}

function compile(action: string, derivation: Derivation): CompiledDerivation {
  const { where, value, distinct, since, countsSince } = derivation;
  const needsProperties = readsProperties(derivation);
  const slots = new FactSlots(EVENT_FACTS);
  const conditions = new ConditionCompiler(slots, new Map()).compile(where);
  // Time moves no property, so the instant does not matter.
  const holds = (properties: JsonObject): boolean =>
    Object.keys(where).length === 0 || conditions.test({ values: slots.read(sourcesOf(properties)), now: 0 });
  const amountOfEvent = valueReader(value);
  const distinctOf = distinct && propertyReader(distinct);
  return {
    action,
    countsSince,
    readsProperties: needsProperties,
    misfit(properties) {
      if (typeof value !== 'object' || !holds(properties) || amountOfEvent(0, properties) !== undefined)
        return undefined;
      return propertyReader(value)(properties);
    },
    of({ occurredAt, day, value: own, properties: said, source, id, contribution }) {
      if (said === undefined && needsProperties) return undefined;
      const properties = said ?? NO_PROPERTIES;
      if (occurredAt < countsSince || !holds(properties)) return undefined;
      const counted = amountOfEvent(own, properties);
      if (counted === undefined) return undefined;
      const event = {
        action,
        occurredAt,
        ...(day === undefined ? {} : { day }),
        value: counted,
        derived: true,
        ...(since === undefined ? {} : { since }),
      } as const;
      if (distinctOf === undefined) return event;
      const text = textOf(distinctOf(properties));
      const by = { source, id, ...(contribution === undefined ? {} : { contribution }) };
      return text === undefined ? undefined : { ...event, distinct: text, by };
    },
  };
}

const NO_PROPERTIES: JsonObject = {};

/** Gives what an event adds to the sum; undefined where its property is no number that can be added up. */
function valueReader(value: Derivation['value']): (own: number, properties: JsonObject) => number | undefined {
  if (value === undefined) return (own) => own;
  if (typeof value === 'number') return () => value;
  const read = propertyReader(value);
  return (_, properties) => {
    const found = read(properties);
    if (typeof found !== 'number' || !Number.isFinite(found) || Math.abs(found) > LARGEST_AMOUNT) return undefined;
    return roundedAmount(found);
  };
}

/** A text that stands for a JSON value alone, whatever the order of its members; undefined where there is none, or null. */
function textOf(value: unknown): string | undefined {
  return value === undefined || value === null ? undefined : JSON.stringify(value, sortedMembers);
}

function sortedMembers(_: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1)));
}
