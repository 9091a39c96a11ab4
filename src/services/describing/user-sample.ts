import type { StateNeeds } from '../../core/snapshot/state-needs.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/values/json.js';
import { ANY_ACTION } from '../../core/values/names.js';
import { PARTITIONS } from '../../core/values/partition.js';
import { pathTo } from '../../core/values/path.js';
import { isSecret } from '../../core/values/secrets.js';
import { MINUTE_MS } from '../../core/values/time/time.js';
import type { UserPages } from '../../store/user-pages.js';

/** What users of a sample have: names, with how many of the users have them. */
export interface UserSample {
  /** How many users were looked at. */
  readonly users: number;
  readonly actions: ReadonlyMap<string, { readonly users: number; readonly times: number }>;
  readonly roles: ReadonlyMap<string, number>;
  /** By path: those that several users have. */
  readonly attributes: ReadonlyMap<string, SampledAttribute>;
}

export interface SampledAttribute {
  readonly users: number;
  readonly types: ReadonlySet<string>;
  /** The commonest values that several users have, the commonest first. */
  readonly values: readonly JsonValue[];
}

/** From how many places in the order of users some are read, and how many at each: eight short reads by the primary key. */
const PLACES = 8;
const USERS_EACH = 50;
/** For how long a sample is held. */
const HELD_MS = 10 * MINUTE_MS;
/** How deep attributes are looked into, and how many paths are kept. */
const MAX_DEPTH = 3;
const MAX_PATHS = 1_000;
const MAX_VALUES = 5;
/** Longer texts are no values to choose from. */
const LONGEST_VALUE = 60;
/** A value that fewer users have may say who they are, as an e-mail address does; so may a name, where attributes are kept by such a value. */
const LEAST_USERS = 2;

const NEEDS: StateNeeds = {
  actions: undefined,
  days: new Set(),
  stagesReached: false,
  access: false,
  organizations: false,
};

/** A small sample of all users, read anew at most every ten minutes. */
export class SampledUsers {
  readonly #pages: Pick<UserPages, 'read'>;
  #held: Promise<UserSample> | undefined;
  #readAt = Number.NEGATIVE_INFINITY;

  constructor(pages: Pick<UserPages, 'read'>) {
    this.#pages = pages;
  }

  /** Rejects as the store does. */
  read(): Promise<UserSample> {
    const now = performance.now();
    if (this.#held === undefined || now - this.#readAt > HELD_MS) {
      this.#readAt = now;
      const reading = this.#sample();
      this.#held = reading;
      reading.catch(() => {
        if (this.#held === reading) this.#held = undefined;
      });
    }
    return this.#held;
  }

  async #sample(): Promise<UserSample> {
    const tally = new Tally();
    const seen = new Set<string>();
    for (let place = 0; place < PLACES; place++) {
      const after = { partition: Math.floor((place * PARTITIONS) / PLACES) - 1, userId: LAST_ID };
      const page = await this.#pages.read({ after, limit: USERS_EACH, organizationId: '', needs: NEEDS });
      for (const user of page.users) {
        // Where there are few users, a read goes on into the next one's.
        if (seen.has(user.id)) continue;
        seen.add(user.id);
        tally.add(user);
      }
    }
    return tally.sample(seen.size);
  }
}

/** After every user of a partition. */
const LAST_ID = '\u{10FFFF}';

interface Sampled {
  readonly roles: readonly string[];
  readonly attributes: JsonObject;
  readonly actions: ReadonlyMap<string, { readonly count: number }>;
}

interface Counted {
  users: number;
  readonly types: Set<string>;
  readonly values: Map<string | number | boolean, number>;
}

class Tally {
  readonly #roles = new Map<string, number>();
  readonly #actions = new Map<string, { users: number; times: number }>();
  readonly #attributes = new Map<string, Counted>();

  add({ roles, attributes, actions }: Sampled): void {
    for (const role of new Set(roles)) this.#roles.set(role, (this.#roles.get(role) ?? 0) + 1);
    for (const [name, { count }] of actions) {
      if (name === ANY_ACTION) continue;
      const known = this.#actions.get(name) ?? { users: 0, times: 0 };
      this.#actions.set(name, { users: known.users + 1, times: known.times + count });
    }
    this.#members(attributes, '$', 1);
  }

  #members(object: JsonObject, path: string, depth: number): void {
    for (const [name, value] of Object.entries(object)) {
      const at = path + pathTo(name).slice(1);
      const isHidden = isSecret(name);
      const counted = this.#at(at);
      if (counted === undefined) continue;
      counted.users += 1;
      counted.types.add(typeOf(value));
      if (!isHidden && isShort(value)) counted.values.set(value, (counted.values.get(value) ?? 0) + 1);
      if (!isHidden && isJsonObject(value) && depth < MAX_DEPTH) this.#members(value, at, depth + 1);
    }
  }

  #at(path: string): Counted | undefined {
    let counted = this.#attributes.get(path);
    if (counted === undefined && this.#attributes.size < MAX_PATHS) {
      counted = { users: 0, types: new Set(), values: new Map() };
      this.#attributes.set(path, counted);
    }
    return counted;
  }

  sample(users: number): UserSample {
    const known = [...this.#attributes].filter(([, counted]) => counted.users >= LEAST_USERS);
    const attributes = known.map(([path, { users: having, types, values }]) => {
      const common = [...values].filter(([, times]) => times >= LEAST_USERS).toSorted(([, a], [, b]) => b - a);
      return [path, { users: having, types, values: common.slice(0, MAX_VALUES).map(([value]) => value) }] as const;
    });
    return { users, roles: this.#roles, actions: this.#actions, attributes: new Map(attributes) };
  }
}

function isShort(value: JsonValue): value is string | number | boolean {
  return (
    typeof value === 'number' ||
    typeof value === 'boolean' ||
    (typeof value === 'string' && value.length <= LONGEST_VALUE)
  );
}

function typeOf(value: JsonValue): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'list' : isJsonObject(value) ? 'json' : typeof value;
}
