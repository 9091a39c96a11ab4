import type { Call } from '../../calls/caller.js';
import { requireName } from '../../calls/check-input.js';
import { authorize } from '../../calls/permissions.js';
import type { DayKnowledge } from '../../configuration/day-knowledge.js';
import type { EvaluationContext } from '../../core/deciding/decision.js';
import type { Subject } from '../../core/deciding/subject.js';
import { explainFor, explainUnknown } from '../../core/explaining/explain.js';
import {
  explainForOrganization,
  type OrganizationExplanation,
} from '../../core/explaining/explain-for-organization.js';
import type { Explanation } from '../../core/explaining/explanation.js';
import type { ConsistencyInput } from '../evaluating/consistency-gate.js';
import { requireReadable } from '../evaluating/requirements.js';
import type { TargetViews } from '../evaluating/target-views.js';
import { requireNearInstant, requireOwnOverrides, requireWithin, toldFlag, viewerOf } from './asked-user.js';

export interface ExplainInput extends ConsistencyInput {
  readonly userId: string;
  readonly flagKey: string;
  /** What is asked for in place of what is stored. */
  readonly context: EvaluationContext;
  /** The instant to decide at, in epoch milliseconds; undefined for now. */
  readonly at: number | undefined;
}

/** An explanation, whole or as an organization is told it. */
export type Told =
  | { readonly to: 'platform'; readonly explanation: Explanation }
  | { readonly to: 'organization'; readonly explanation: OrganizationExplanation };

export interface Explained {
  readonly told: Told;
  /** The user as the decision saw them. */
  readonly subject: Subject;
  readonly now: number;
  /** Whether anything was asked for in place of what is so. */
  readonly whatIf: boolean;
  /** Whether it rests on state that the store could not confirm in time. */
  readonly stale: boolean;
}

/** Tells why flags are decided as they are, by the same state as an evaluation would decide. */
export class ExplanationService {
  readonly #views: Pick<TargetViews, 'load'>;
  readonly #dayKnowledge: Pick<DayKnowledge, 'of'>;

  constructor(views: Pick<TargetViews, 'load'>, dayKnowledge: Pick<DayKnowledge, 'of'>) {
    this.#views = views;
    this.#dayKnowledge = dayKnowledge;
  }

  /**
   * Explains one flag for one user. Rejects with NOT_FOUND a user out of the caller's reach; an unknown flag, and one of which the
   * caller may not be told, is explained as unknown.
   */
  async explain(call: Call, input: ExplainInput): Promise<Explained> {
    authorize(call, 'ExplainFlag');
    const viewer = viewerOf(call, 'ExplainFlag');
    const { userId, flagKey, context } = input;
    requireName('userId', userId, '/user_id');
    requireName('flagKey', flagKey, '/flag_key');
    requireOwnOverrides(viewer, context);
    const view = await this.#views.load(call, { userId, context }, input);
    const { snapshot, subject, stale } = view;
    requireWithin(viewer, subject);
    const { at: now = view.now } = input;
    requireNearInstant(now, view.now);
    requireReadable(view, flagKey);
    const whatIf = input.at !== undefined || Object.keys(context).length > 0;
    const about = { snapshot, subject, now, known: await this.#dayKnowledge.of(snapshot) };
    return { told: toldTo(viewer, about, flagKey), subject, now, whatIf, stale };
  }
}

function toldTo(viewer: string, about: Parameters<typeof explainFor>[0], flagKey: string): Told {
  const compiled = toldFlag(viewer, flagKey, about.snapshot);
  if (compiled === undefined) return { to: 'platform', explanation: explainUnknown(flagKey, about.subject.userId) };
  if (viewer === '') return { to: 'platform', explanation: explainFor(about, flagKey) };
  return { to: 'organization', explanation: explainForOrganization(compiled, about) };
}
