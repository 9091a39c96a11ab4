import type { Call } from '../../calls/caller.js';
import { requireComment } from '../../calls/check-input.js';
import { LatchkeyError } from '../../calls/errors.js';
import { redact } from '../../calls/writes/record-audit.js';
import { StaleVersion } from '../../calls/writes/stale-version.js';
import type { ConfigurationKeeper } from '../../configuration/configuration-keeper.js';
import type { Action } from '../../core/flags/flag.js';
import type { OrganizationState, RoleDefinition } from '../../core/states/organization-state.js';
import { sameRoles } from '../../core/states/role-change.js';
import { type JsonObject, type JsonValue, quote, sameJson } from '../../core/values/json.js';
import { REDACTED } from '../../core/values/secrets.js';
import type { AuditEntry } from '../../store/audit-store.js';
import type { Store } from '../../store/store.js';
import type { VersionedThing } from '../../store/version-store.js';
import type { ActionService } from '../events/declared-actions.js';
import { draftOf } from '../events/draft-actions.js';
import type { FlagService } from '../flags/flags.js';
import type { SegmentService } from '../flags/segments.js';
import type { StageService } from '../onboarding/stages.js';
import type { OrganizationRoles } from '../organizations/organization-roles.js';
import type { OrganizationService } from '../organizations/organizations.js';
import { isMoving } from '../organizations/role-plans.js';
import type { ActorNames } from '../tokens/actor-names.js';
import type { AuditService } from './audit.js';
import type { RestoreService } from './restoring.js';
import { undoFlag } from './undo-flag.js';
import {
  changedSince,
  holds,
  NotUndoable,
  neverUndone,
  notKept,
  type Undoer,
  type Undone,
  type UndoPlan,
} from './undoing.js';

export interface UndoServices {
  readonly store: Pick<Store, 'audit' | 'versions' | 'configuration' | 'states'>;
  readonly keeper: Pick<ConfigurationKeeper, 'snapshot'>;
  readonly audit: AuditService;
  /** By which names refusals tell who has changed something since. */
  readonly actorNames: Pick<ActorNames, 'confirmed'>;
  readonly restoring: RestoreService;
  readonly flags: FlagService;
  readonly segments: SegmentService;
  readonly stages: StageService;
  readonly actions: ActionService;
  readonly organizations: OrganizationService;
  readonly organizationRoles: OrganizationRoles;
}

/** Undoes what entries of the audit say, through the use cases that change things by hand. */
export class UndoService {
  readonly #services: UndoServices;

  constructor(services: UndoServices) {
    this.#services = services;
  }

  /** Why an entry that the caller may read is not undone; undefined where it would be. */
  async refusal(call: Call, id: string): Promise<string | undefined> {
    const { entry, confined } = await this.#services.audit.find(call, id, 'GetAuditEntry');
    const plan = await this.#planOf(entry, await this.#undoer(call, confined));
    return plan instanceof NotUndoable ? plan.message : undefined;
  }

  /**
   * Undoes an entry where what is there is still what it left. Rejects with CONFLICT where it is not, also where it changes meanwhile; with
   * INVALID what cannot be undone; and as the use case does that would change it by hand.
   */
  async undo(call: Call, { id, comment: why }: { readonly id: string; readonly comment: string }): Promise<Undone> {
    const { audit } = this.#services;
    const { entry, confined } = await audit.find(call, id, 'UndoAuditEntry');
    const comment = `${why} (undoes the entry ${id})`;
    requireComment(why, 'comment');
    requireComment(comment, 'comment');
    const undoer = await this.#undoer(call, confined);
    const plan = await this.#planOf(entry, undoer);
    if (plan instanceof NotUndoable) throw refusalOf(plan);
    try {
      return await plan(call, comment);
    } catch (error) {
      // It changed between the look and the write: the next look says by whom.
      const again = isConflict(error) ? await this.#planOf(entry, undoer) : undefined;
      throw again instanceof NotUndoable ? refusalOf(again) : error;
    }
  }

  async #undoer(call: Call, confined: string): Promise<Undoer> {
    return { confined, actorName: await this.#services.actorNames.confirmed(call) };
  }

  async #planOf(entry: AuditEntry, undoer: Undoer): Promise<UndoPlan> {
    const never = neverUndone(entry);
    if (never !== undefined) return never;
    const plans: Readonly<Record<string, () => UndoPlan | Promise<UndoPlan>>> = {
      'flag.set': () => undoFlag(this.#services, entry, undoer),
      'access.set': () => undoFlag(this.#services, entry, undoer),
      'segment.set': () => this.#segmentSet(entry, undoer),
      'segment.delete': () => this.#segmentDelete(entry),
      'stages.set': () => this.#stages(entry, undoer),
      'organization.set': () => this.#organization(entry, undoer),
      'organization.roles.set': () => this.#organization(entry, undoer),
      'actions.declare': () => this.#actions(entry),
      'action.delete': () => this.#actionDelete(entry),
    };
    const plan = plans[entry.action];
    return plan === undefined ? new NotUndoable('change it by hand') : plan();
  }

  async #segmentSet({ target, before, after }: AuditEntry, undoer: Undoer): Promise<UndoPlan> {
    const { store, restoring, segments } = this.#services;
    const left = after as unknown as { readonly id: string; readonly version: number };
    const thing: VersionedThing = { kind: 'segment', id: left.id };
    const present = await store.configuration.segment(target);
    if (present === undefined) return new NotUndoable(`the segment ${quote(target)} was deleted since`, 'CONFLICT');
    if (present.id !== left.id || present.version !== left.version) {
      return changedSince(store, thing, { left: left.version, undoer, what: `the segment ${quote(target)}` });
    }
    const expected = { expectedVersion: left.version, expectedId: left.id };
    if (before === null) {
      const removed = { key: target, expectedVersion: left.version, id: left.id };
      return async (call, comment) => ({ ...NOTHING_NEW, ...(await segments.delete(call, { ...removed, comment })) });
    }
    const earlier = await store.versions.get(thing, versionIn(before));
    if (earlier === undefined) return notKept(versionIn(before));
    return async (call, comment) => {
      const restored = await restoring.restoreState(call, earlier, { ...expected, onRuleChange: 'KEEP', comment });
      return { ...restored, newVersion: left.version + 1 };
    };
  }

  async #segmentDelete({ target, before }: AuditEntry): Promise<UndoPlan> {
    const { store, restoring } = this.#services;
    const { id, version } = before as unknown as { readonly id: string; readonly version: number };
    const present = await store.configuration.segment(target);
    if (present !== undefined) return new NotUndoable(`there is another segment ${quote(target)} since`, 'CONFLICT');
    const earlier = await store.versions.get({ kind: 'segment', id }, version);
    if (earlier === undefined) return notKept(version);
    return async (call, comment) => {
      const options = { expectedVersion: 0, expectedId: '', onRuleChange: 'KEEP', comment } as const;
      return { ...(await restoring.restoreState(call, earlier, options)), newVersion: 1 };
    };
  }

  async #stages({ before, after }: AuditEntry, undoer: Undoer): Promise<UndoPlan> {
    const { store, restoring, stages } = this.#services;
    const left = versionIn(after);
    const thing: VersionedThing = { kind: 'stages', id: 'stages' };
    if ((await store.configuration.stages()).version !== left) {
      return changedSince(store, thing, { left, undoer, what: 'the list of stages' });
    }
    if (before === null) {
      return async (call, comment) => {
        const { version, ...written } = await stages.set(call, { stages: [], expectedVersion: left, comment });
        return { ...written, newVersion: version };
      };
    }
    const earlier = await store.versions.get(thing, versionIn(before));
    if (earlier === undefined) return notKept(versionIn(before));
    return async (call, comment) => {
      const options = { expectedVersion: left, expectedId: '', onRuleChange: 'KEEP', comment } as const;
      return { ...(await restoring.restoreState(call, earlier, options)), newVersion: left + 1 };
    };
  }

  /** The platform undoes all that was said of an organization; the organization what became of its roles. */
  async #organization({ action, target, before, after }: AuditEntry, undoer: Undoer): Promise<UndoPlan> {
    const { store, organizations, organizationRoles } = this.#services;
    const left = versionIn(after);
    const present = (await store.states.organizations([target])).get(target)!;
    const what = `the organization ${quote(target)}`;
    if (present.version !== left) return changedSince(store, { kind: 'roles', id: target }, { left, undoer, what });
    // One that was deleted and described anew has the same versions again.
    if (!isAsLeft(present, after as unknown as Described)) {
      return new NotUndoable(`${what} is not there any more as the entry left it`, 'CONFLICT');
    }
    if (before === null) {
      return new NotUndoable(`it made ${what}: empty its roles, or delete it`);
    }
    if (undoer.confined === '' && holds([before], REDACTED)) {
      return new NotUndoable('the audit does not keep secrets in attributes: set them by hand');
    }
    const { attributes, timeZone, strictRoles, roles } = before as unknown as Described;
    const moved = roles.find(({ name: from, movingTo: to }) => to !== undefined && !isMoving(present, { from, to }));
    if (moved?.movingTo !== undefined) {
      const { name, movingTo } = moved;
      return new NotUndoable(
        `members of the role ${quote(name)} were being moved to ${quote(movingTo)} before it: remove the role by hand, and move them there`,
      );
    }
    const own = { strictRoles, roles: roles.map(({ name, inherits }) => ({ name, inherits })), expectedVersion: left };
    const ofRoles = undoer.confined !== '' || action === 'organization.roles.set';
    return async (call, comment) => {
      const { organization, backfillIds, consistencyToken } = ofRoles
        ? await organizationRoles.set(call, {
            ...{ ...own, organizationId: target, comment, validateOnly: false, keepReferences: false },
          })
        : await organizations.set(call, { ...own, id: target, attributes, timeZone: timeZone ?? '', comment });
      return { backfillIds, consistencyToken, warnings: [], newVersion: organization.version };
    };
  }

  #actions({ before, after }: AuditEntry): UndoPlan {
    const { actions } = this.#services;
    const [had, left] = [before, after] as unknown as readonly [readonly Action[], readonly Action[]];
    if (holds([before, after], REDACTED))
      return new NotUndoable('the audit does not keep all of them: declare them by hand');
    const changed = left.filter((action) => !this.#isDeclared(action)).map(({ name }) => quote(name));
    if (changed.length > 0) {
      return new NotUndoable(`the declarations of ${changed.join(', ')} have changed since`, 'CONFLICT');
    }
    const [first, ...others] = left;
    if (had.length === 0 && first !== undefined && others.length === 0) {
      return async (call, comment) => ({ ...NOTHING_NEW, ...(await actions.delete(call, first.name, comment, first)) });
    }
    if (had.length < left.length) {
      return new NotUndoable(
        'it declared new actions beside others, which are not taken back together: take each back by itself',
      );
    }
    return async (call, comment) => {
      const declared = await actions.declare(call, had.map(draftOf), comment, left);
      return { ...declared, newVersion: 0 };
    };
  }

  #actionDelete({ target, before }: AuditEntry): UndoPlan {
    const { actions, keeper } = this.#services;
    if (holds([before], REDACTED)) return new NotUndoable('the audit does not keep all of it: declare it by hand');
    if (keeper.snapshot.actions.has(target)) {
      return new NotUndoable(`the action ${quote(target)} has been declared anew since`, 'CONFLICT');
    }
    return async (call, comment) => {
      const drafts = [draftOf(before as unknown as Action)];
      return { ...(await actions.declare(call, drafts, comment, [])), newVersion: 0 };
    };
  }

  #isDeclared(action: Action): boolean {
    const present = this.#services.keeper.snapshot.actions.get(action.name);
    return present !== undefined && sameJson(asJson(present), action as unknown as JsonValue);
  }
}

interface Described {
  readonly attributes: JsonObject;
  readonly timeZone?: string;
  readonly strictRoles: boolean;
  readonly roles: readonly RoleDefinition[];
}

const NOTHING_NEW = { newVersion: 0, warnings: [], backfillIds: [] } as const;

function isAsLeft(present: OrganizationState, left: Described): boolean {
  const { attributes, timeZone = '', strictRoles, roles } = present;
  return (
    strictRoles === left.strictRoles &&
    timeZone === (left.timeZone ?? '') &&
    sameRoles(roles, left.roles) &&
    sameJson(redact(attributes), left.attributes)
  );
}

function versionIn(state: JsonValue): number {
  return (state as unknown as { readonly version: number }).version;
}

function asJson(value: unknown): JsonValue {
  return JSON.parse(JSON.stringify(value)) as JsonValue;
}

/** What has changed since says so by itself. */
function refusalOf({ code, message }: NotUndoable): LatchkeyError {
  return new LatchkeyError(code, code === 'CONFLICT' ? message : `this cannot be undone: ${message}`);
}

function isConflict(error: unknown): boolean {
  return error instanceof StaleVersion || (error instanceof LatchkeyError && error.code === 'CONFLICT');
}
