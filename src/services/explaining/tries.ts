import type { Call } from '../../calls/caller.js';
import { requireJoinedAt } from '../../calls/check-input.js';
import { invalid, invalidAt, LatchkeyError } from '../../calls/errors.js';
import { EventLoopPauses } from '../../calls/event-loop-pauses.js';
import { authorize } from '../../calls/permissions.js';
import type { ConfigurationKeeper } from '../../configuration/configuration-keeper.js';
import type { DayKnowledge } from '../../configuration/day-knowledge.js';
import { organizationIdOf, type Subject, subjectOf } from '../../core/deciding/subject.js';
import type { OrganizationState } from '../../core/states/organization-state.js';
import { type UserState, unknownUser } from '../../core/states/user-state.js';
import type { Fault } from '../../core/values/fault.js';
import { quote } from '../../core/values/json.js';
import type { Store } from '../../store/store.js';
import { checkTarget, type Target } from '../access/target.js';
import { checkDraft, type DraftInput, type HeldDraft, heldAgainst } from '../previewing/held-draft.js';
import type { PreviewSide } from '../previewing/preview-side.js';
import { requireOwnOverrides, requireWithin, type Viewer, viewerOf } from './asked-user.js';
import type { Told } from './explanations.js';

export interface TryInput extends DraftInput {
  /** For whom: 1…20. */
  readonly targets: readonly Target[];
}

/** What a draft comes to for one user. */
export interface TriedUser {
  /** The user as stored, with the call's overrides. */
  readonly subject: Subject;
  readonly whatIf: boolean;
  readonly before: Told;
  readonly after: Told;
}

export interface Tried {
  /** In the order in which they were asked for. */
  readonly users: readonly TriedUser[];
  /** The instant that was decided at, in epoch milliseconds. */
  readonly asOf: number;
  /** 0 where an organization asks: how often the platform changes its own is nothing of theirs. */
  readonly configurationRevision: number;
  readonly warnings: readonly Fault[];
}

export interface TryOptions {
  readonly store: Pick<Store, 'states' | 'userPages' | 'now'>;
  readonly keeper: Pick<ConfigurationKeeper, 'refresh'>;
  readonly dayKnowledge: Pick<DayKnowledge, 'read'>;
}

const MOST_TARGETS = 20;
/** About how many decisions explaining a flag for a user twice takes as long as. */
const STEPS_PER_USER = 128;

/** Tries a draft of a flag out on a few users: a preview for those who are named, at once and with reasons. */
export class TryService {
  readonly #options: TryOptions;

  constructor(options: TryOptions) {
    this.#options = options;
  }

  /**
   * Explains what the draft comes to for each target. Rejects with INVALID, FORBIDDEN and NOT_FOUND as saving the draft would. An organization
   * tries its own rows of delegated flags, on its own users, and is told what it would be told had it saved them: so trying tells it no more.
   */
  async try(call: Call, input: TryInput): Promise<Tried> {
    authorize(call, 'TryFlag');
    const viewer = viewerOf(call, 'TryFlag');
    checkDraft(input);
    checkTargets(input.targets);
    if (viewer !== '') requireOwnDraft(viewer, input);
    const { store, keeper, dayKnowledge } = this.#options;
    const [snapshot, now, known] = await Promise.all([keeper.refresh(), store.now(), dayKnowledge.read()]);
    for (const [i, { context }] of input.targets.entries()) {
      if (context.joinedAt !== undefined) at(i, () => requireJoinedAt(context.joinedAt!, now));
    }
    const held = heldAgainst(input, { snapshot, now, known, manager: viewer });
    const loaded = await this.#load(held, input.targets);
    const pauses = new EventLoopPauses(call);
    const users: TriedUser[] = [];
    for (const { user, dueAt, own, organization, context } of loaded) {
      const previewed = { user, organization: own, dueAt };
      const overridden = { context, organization };
      const subject = subjectOf(snapshot, user, organization, context);
      requireWithin(viewer, subject);
      const told = (side: PreviewSide): Told =>
        viewer === ''
          ? { to: 'platform', explanation: side.explanation(previewed, overridden) }
          : { to: 'organization', explanation: side.explanationForOrganization(previewed, overridden) };
      const { before, after } = held.sides;
      const whatIf = Object.keys(context).length > 0;
      users.push({ subject, whatIf, before: told(before), after: told(after) });
      if (pauses.due(STEPS_PER_USER)) await pauses.take();
    }
    const configurationRevision = viewer === '' ? snapshot.revision : 0;
    return { users, asOf: now, configurationRevision, warnings: held.warnings };
  }

  async #load({ needs, countedAs, earnerDaysOf }: HeldDraft, targets: readonly Target[]): Promise<readonly Loaded[]> {
    const { store } = this.#options;
    const ids = [...new Set(targets.map(({ userId }) => userId))].filter((id) => id !== '');
    const { users, timers } = await store.userPages.named(ids, { needs, countedAs });
    const stored = new Map(users.map((user) => [user.id, user]));
    const known = targets.map(({ userId, context }) => {
      const user = stored.get(userId) ?? unknownUser(userId);
      return { user, context, dueAt: timers.get(userId), asked: organizationIdOf(user, context) };
    });
    const organizationIds = new Set(known.flatMap(({ user, asked }) => [user.organizationId, asked]));
    organizationIds.delete('');
    const organizations = await store.states.organizations([...organizationIds], earnerDaysOf);
    return known.map(({ asked, ...rest }) => ({
      ...rest,
      own: organizations.get(rest.user.organizationId),
      organization: organizations.get(asked),
    }));
  }
}

/** A target with what is stored of it. */
interface Loaded extends Pick<Target, 'context'> {
  readonly user: UserState;
  readonly dueAt: number | undefined;
  /** The user's own organization, and the one that the target is about. */
  readonly own: OrganizationState | undefined;
  readonly organization: OrganizationState | undefined;
}

/** Rejects what an organization may not ask about, and rows that are for others than those whom they are tried on: whether there are such people is not told. */
function requireOwnDraft(viewer: Viewer, { access = [], removeAccess = [], targets }: TryInput): void {
  for (const { context } of targets) requireOwnOverrides(viewer, context);
  const tried = new Set(targets.map(({ userId }) => userId));
  for (const [field, rows] of [
    ['access', access],
    ['remove_access', removeAccess],
  ] as const) {
    for (const [i, { userId = '' }] of rows.entries()) {
      if (userId === '' || tried.has(userId)) continue;
      throw invalidAt(`/${field}/${i}/user_id`, `a row is for ${quote(userId)}, who is not among contexts`);
    }
  }
}

function checkTargets(targets: readonly Target[]): void {
  if (targets.length === 0)
    throw invalidAt('/contexts', 'contexts is empty; name at least one user to try the draft on');
  if (targets.length > MOST_TARGETS) {
    const advice = 'try it on fewer, or have everybody looked at by a preview';
    throw invalidAt('/contexts', `contexts are at most ${MOST_TARGETS}, not ${targets.length}; ${advice}`);
  }
  for (const [i, target] of targets.entries()) at(i, () => checkTarget(target));
}

/** Has what is wrong with a target told by its place. */
function at(index: number, check: () => void): void {
  try {
    check();
  } catch (error) {
    if (!(error instanceof LatchkeyError)) throw error;
    const faults = error.faults.map((fault) => ({ ...fault, pointer: `/contexts/${index}${fault.pointer}` }));
    throw invalid(`contexts[${index}]: ${error.message}`, faults);
  }
}
