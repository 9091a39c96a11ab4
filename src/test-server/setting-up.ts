import { randomUUID } from 'node:crypto';
import { invalid, LatchkeyError } from '../calls/errors.js';
import { isJsonObject, quote } from '../core/values/json.js';
import { MAX_EVENTS_PER_CALL, readEvents } from '../services/events/events.js';
import type { ServiceSet } from '../services/service-set.js';
import { Administration, OPERATOR } from './administration.js';
import { checkKind } from './check-definition.js';
import type { AdminJson, Definition, EventDefinition, FlagDefinition, UserDefinition } from './definition.js';

const REASON = 'set up for a test';

/** Puts what a test defines into a server, by the calls that an operator would make. */
export class SettingUp {
  readonly #services: ServiceSet;
  readonly #administration: Administration;

  constructor(services: ServiceSet) {
    this.#services = services;
    this.#administration = new Administration(services);
  }

  /** All of a definition. Rejects with the first fault, which names the place in the definition. */
  async all({ flags = {}, segments = {}, stages, actions, organizations = {}, users = {} }: Definition): Promise<void> {
    const call = this.#administration.call.bind(this.#administration);
    if (stages !== undefined) await call('PUT stages', 'stages', [], { stages: stages.map(stageOf) });
    if (actions !== undefined) await call('PATCH actions', 'actions', [], { actions: actions.map(actionOf) });
    for (const [id, given] of Object.entries(organizations)) {
      checkKind(`organizations.${id}`, given, 'object');
      await call('PATCH organizations/{}', `organizations.${id}`, [id], given);
    }
    await inAnyOrder([
      ...Object.entries(segments).map(
        ([key, conditions]) =>
          () =>
            this.segment(key, conditions),
      ),
      ...Object.entries(flags).map(
        ([key, flag]) =>
          () =>
            this.flag(key, flag),
      ),
    ]);
    for (const [id, user] of Object.entries(users)) await this.user(id, user);
  }

  async flag(key: string, definition: FlagDefinition): Promise<void> {
    const where = `flags.${key}`;
    const given: AdminJson = typeof definition === 'boolean' ? { is_enabled_globally: definition } : definition;
    if (!isJsonObject(given)) throw invalid(`${where}: ${quote(given)} is no flag; give true, false or an object`);
    const { access, ...flag } = given;
    if (access === undefined) await this.#administration.call('PATCH flags/{}', where, [key], flag);
    else await this.#administration.call('PATCH flags/{}/access', where, [key], { flag, access });
  }

  async segment(key: string, conditions: AdminJson): Promise<void> {
    checkKind(`segments.${key}`, conditions, 'object');
    await this.#administration.call('PATCH segments/{}', `segments.${key}`, [key], { conditions });
  }

  async user(id: string, definition: UserDefinition): Promise<void> {
    const where = `users.${id}`;
    checkKind(where, definition, 'object');
    const { stages = [], actions = {}, unlocks = [], ...stored } = definition;
    checkKind(`${where}.stages`, stages, 'list');
    checkKind(`${where}.actions`, actions, 'object');
    checkKind(`${where}.unlocks`, unlocks, 'list');
    const call = this.#administration.call.bind(this.#administration);
    await call('PATCH users/{}', where, [id], stored);
    for (const stage of stages) {
      await call('PATCH users/{}/progress', `${where}.stages`, [id], { stage, allow_backward: true });
    }
    const events = Object.entries(actions).flatMap(([action, times]) => {
      if (Number.isInteger(times) && times >= 0) return Array.from({ length: times }, () => ({ user_id: id, action }));
      throw invalid(`${where}.actions.${action}: ${quote(times)} is no whole number of times; give 0 or more`);
    });
    await this.track(events, where);
    for (const key of unlocks) {
      await call('POST users/{}/unlocks/{}/grant', `${where}.unlocks`, [id, key], { reason: REASON });
    }
  }

  /** Has events counted; gives what came on and went off. Rejects where some of them are none, after the others were taken. */
  async track(events: readonly EventDefinition[], where = 'track') {
    const list = events.map(
      (event) => JSON.parse(JSON.stringify({ id: randomUUID(), source: 'test', ...event })) as unknown,
    );
    const unlocked: string[] = [];
    const locked: string[] = [];
    for (let from = 0; from < list.length; from += MAX_EVENTS_PER_CALL) {
      const read = readEvents(list.slice(from, from + MAX_EVENTS_PER_CALL));
      const tracked = await this.#services.events.track(OPERATOR, { events: read.events, wait: true });
      const [fault] = [...read.faults, ...tracked.rejected.map(({ error }) => error)];
      if (fault !== undefined) throw invalid(`${where}: an event is not taken: ${fault}`);
      unlocked.push(...tracked.newlyUnlocked.map(({ flagKey }) => flagKey));
      locked.push(...tracked.newlyLocked.map(({ flagKey }) => flagKey));
    }
    return { newlyUnlocked: [...new Set(unlocked)], newlyLocked: [...new Set(locked)] };
  }
}

/** Does all of this, whatever has to come before what: what is refused is tried again after the others, while that gets on. */
async function inAnyOrder(steps: readonly (() => Promise<void>)[]): Promise<void> {
  for (let left = steps; left.length > 0; ) {
    const refused: (() => Promise<void>)[] = [];
    let first: unknown;
    for (const step of left) {
      await step().catch((error: unknown) => {
        if (!(error instanceof LatchkeyError)) throw error;
        first ??= error;
        refused.push(step);
      });
    }
    if (refused.length === left.length) throw first;
    left = refused;
  }
}

const stageOf = (stage: string | AdminJson): AdminJson => (typeof stage === 'string' ? { name: stage } : stage);

const actionOf = (action: string | AdminJson): AdminJson =>
  typeof action === 'string' ? { name: action, client_trackable: true } : action;
