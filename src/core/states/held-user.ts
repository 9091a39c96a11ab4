import type { JsonObject } from '../values/json.js';
import type { DayZone } from './day-zone.js';
import type { Ledger } from './ledger.js';
import { PackedTotals } from './packed-totals.js';
import type { ActionDay, ActionNames, ActionTotal, StageReached, UserAccess, UserState } from './user-state.js';

/**
 * A user's state as it is held: in little memory, and with what was made of it for as long as it is held. That is no part of the
 * state: it can neither be compared nor printed nor sent, and a copy of the state has none of it.
 */
export class HeldUser implements UserState {
  // What every decision reads comes first, so that it is in one line of the processor's caches.
  #made: unknown;
  readonly ledger: Ledger;
  readonly id: string;
  readonly revision: number;
  declare readonly writtenAt?: number;
  readonly organizationId: string;
  readonly roles: readonly string[];
  declare readonly joinedAt?: number;
  readonly emailVerified: boolean;
  readonly attributes: JsonObject;
  declare readonly timeZone?: string;
  declare readonly dayZone?: DayZone;
  readonly stage: string;
  readonly stagesReached: readonly StageReached[];
  declare readonly stageEnteredAt?: number;
  readonly actions: ReadonlyMap<string, ActionTotal>;
  readonly actionDays: ReadonlyMap<string, readonly ActionDay[]>;
  declare readonly daysOf?: ActionNames;
  readonly access: readonly UserAccess[];
  declare readonly identified?: true;
  declare readonly expectedOrganization?: string;
  declare readonly deletedAt?: number;

  private constructor(user: UserState) {
    this.#made = undefined;
    this.ledger = user.ledger;
    this.id = user.id;
    this.revision = user.revision;
    this.organizationId = shared(user.organizationId);
    this.roles = sharedRoles(user.roles);
    this.emailVerified = user.emailVerified;
    this.attributes = user.attributes;
    this.stage = shared(user.stage);
    this.stagesReached = user.stagesReached;
    this.actions = user.actions.size === 0 ? user.actions : new PackedTotals(user.actions);
    this.actionDays = heldDays(user.actionDays);
    this.access = user.access;
    // The most frequent first, so that there are few combinations.
    if (user.writtenAt !== undefined) this.writtenAt = user.writtenAt;
    if (user.daysOf !== undefined) this.daysOf = user.daysOf;
    if (user.joinedAt !== undefined) this.joinedAt = user.joinedAt;
    if (user.identified !== undefined) this.identified = user.identified;
    if (user.timeZone !== undefined) this.timeZone = shared(user.timeZone);
    if (user.dayZone !== undefined) this.dayZone = user.dayZone;
    if (user.stageEnteredAt !== undefined) this.stageEnteredAt = user.stageEnteredAt;
    if (user.expectedOrganization !== undefined) this.expectedOrganization = user.expectedOrganization;
    if (user.deletedAt !== undefined) this.deletedAt = user.deletedAt;
  }

  /** The same state as it is held. */
  static of(user: UserState): HeldUser {
    return user instanceof HeldUser ? user : new HeldUser(user);
  }

  /** What was made of a state and kept with it; undefined where nothing was, or where the state is not held. */
  static madeOf(user: UserState): unknown {
    return #made in user ? user.#made : undefined;
  }

  /** Keeps with a state what was made of it, in place of what was kept; does nothing where the state is not held. */
  static keep(user: UserState, made: unknown): void {
    if (#made in user) user.#made = made;
  }
}

/**
 * A day as it is held: its number in the object itself, which an object that the store made may have in one of its own, and nothing
 * of its own for a sum of nothing.
 */
class HeldDay implements ActionDay {
  readonly day: number;
  readonly count: number;
  readonly sum: bigint;

  constructor({ day, count, sum }: ActionDay) {
    this.day = day | 0;
    this.count = count;
    this.sum = sum === 0n ? 0n : sum;
  }
}

function heldDays(days: UserState['actionDays']): UserState['actionDays'] {
  if (days.size === 0) return days;
  const held = new Map<string, readonly ActionDay[]>();
  // Mapped, not added to: what is added to has room for more.
  for (const [action, list] of days)
    held.set(
      action,
      list.map((day) => new HeldDay(day)),
    );
  return held;
}

/** Very many users have the same organization, stage and roles, which the store gives to each anew: those are one for all. */
const texts = new Map<string, string>();
const roleLists = new Map<string, readonly string[]>();
const MOST_SHARED = 10_000;
/** Longer ones are hardly those of many users. */
const LONGEST_SHARED = 256;

function shared(text: string): string {
  return text === '' ? text : sharedAs(texts, text, text);
}

function sharedRoles(roles: readonly string[]): readonly string[] {
  return sharedAs(roleLists, JSON.stringify(roles), roles);
}

function sharedAs<T>(known: Map<string, T>, key: string, value: T): T {
  if (key.length > LONGEST_SHARED) return value;
  const found = known.get(key);
  if (found !== undefined) return found;
  if (known.size === MOST_SHARED) known.clear();
  known.set(key, value);
  return value;
}
