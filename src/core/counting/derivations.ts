import { ConditionCompiler } from '../conditions/compile-conditions.js';
import { FactSlots } from '../facts/fact-record.js';
import type { Action, Derivation } from '../flags/flag.js';
import { inBrief, type JsonObject, type JsonValue, quote, sameJson } from '../values/json.js';
import { LARGEST_AMOUNT, roundedAmount } from '../values/millionths.js';
import type { CountedEvent } from './count-events.js';
import { EVENT_FACTS, propertyReader, sourcesOf } from './event-facts.js';

/** How many different values of a property count for one user and action: more would have to be remembered for good. */
export const MAX_DISTINCT = 10_000;

/** What an event says: all that derived actions are counted by. */
export interface SaidEvent extends CountedEvent {
  /** Undefined where they were dropped: then the event counts as nothing that reads them. */
  readonly properties: JsonObject | undefined;
}

/** An event as a derived action. */
export interface DerivedEvent extends CountedEvent {
  readonly derived: true;
  /** The value of which each counts once, as a text that no other value has; absent where every event counts. */
  readonly distinct?: string;
}

interface CompiledDerivation {
  readonly action: string;
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
  readonly #bySource = new Map<string, CompiledDerivation[]>();
  /** Whether some of them counts each value of a property once. */
  readonly anyDistinct: boolean;

  constructor(derived: ReadonlyMap<string, Derivation>) {
    this.all = derived;
    this.anyDistinct = [...derived.values()].some(({ distinct }) => distinct !== undefined);
    for (const [name, derivation] of derived) {
      const compiled = compile(name, derivation);
      for (const source of new Set(derivation.from)) {
        const others = this.#bySource.get(source);
        if (others === undefined) this.#bySource.set(source, [compiled]);
        else others.push(compiled);
      }
    }
  }

  /** The actions whose events may count as others. */
  sources(): Iterable<string> {
    return this.#bySource.keys();
  }

  /** Whether events of an action may count as others. */
  isSource(action: string): boolean {
    return this.#bySource.has(action);
  }

  /** What an event counts as, besides its own action. */
  of(event: SaidEvent): readonly DerivedEvent[] {
    const compiled = this.#bySource.get(event.action);
    if (compiled === undefined) return NOTHING;
    return compiled.flatMap((one) => {
      if (one.readsProperties && event.properties === undefined) return NOTHING;
      return one.of(event) ?? NOTHING;
    });
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

  /** Those of these actions. */
  among(names: ReadonlySet<string>): Derivations {
    return new Derivations(new Map([...this.all].filter(([name]) => names.has(name))));
  }
}

const NOTHING: readonly never[] = [];

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

/** The names of the actions that are derived otherwise before and after, or only before or after. */
export function changedDerivations(
  before: ReadonlyMap<string, Derivation>,
  after: ReadonlyMap<string, Derivation>,
): ReadonlySet<string> {
  if (before === after) return new Set();
  const names = new Set([...before.keys(), ...after.keys()]);
  return new Set([...names].filter((name) => !same(before.get(name), after.get(name))));
}

function same(one: Derivation | undefined, other: Derivation | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  return sameJson(one as unknown as JsonValue, other as unknown as JsonValue);
}

/** Whether which events count, or with which value, depends on their properties. */
export function readsProperties({ where, value, distinct }: Omit<Derivation, 'countsSince'>): boolean {
  return Object.keys(where).length > 0 || typeof value === 'object' || distinct !== undefined;
}

function compile(action: string, derivation: Derivation): CompiledDerivation {
  const { where, value, distinct, countsSince } = derivation;
  const slots = new FactSlots(EVENT_FACTS);
  const conditions = new ConditionCompiler(slots, new Map()).compile(where);
  // Time moves no property, so the instant does not matter.
  const holds = (properties: JsonObject): boolean =>
    Object.keys(where).length === 0 || conditions.test({ values: slots.read(sourcesOf(properties)), now: 0 });
  const amountOfEvent = valueReader(value);
  const distinctOf = distinct && propertyReader(distinct);
  return {
    action,
    readsProperties: readsProperties(derivation),
    misfit(properties) {
      if (typeof value !== 'object' || !holds(properties) || amountOfEvent(0, properties) !== undefined)
        return undefined;
      return propertyReader(value)(properties);
    },
    of({ occurredAt, day, value: own, properties = NO_PROPERTIES }) {
      if (occurredAt < countsSince || !holds(properties)) return undefined;
      const counted = amountOfEvent(own, properties);
      if (counted === undefined) return undefined;
      const event = {
        action,
        occurredAt,
        ...(day === undefined ? {} : { day }),
        value: counted,
        derived: true,
      } as const;
      if (distinctOf === undefined) return event;
      const text = textOf(distinctOf(properties));
      return text === undefined ? undefined : { ...event, distinct: text };
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
