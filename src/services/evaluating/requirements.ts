import { type Call, confinedTo } from '../../calls/caller.js';
import { requireName } from '../../calls/check-input.js';
import { notFound, unavailable } from '../../calls/errors.js';
import { EventLoopPauses } from '../../calls/event-loop-pauses.js';
import { authorize } from '../../calls/permissions.js';
import type { DayKnowledge } from '../../configuration/day-knowledge.js';
import type { Audience, FlagRequirements } from '../../core/requirements/requirement.js';
import { isGated, requirementsOf } from '../../core/requirements/requirements-of.js';
import { quote } from '../../core/values/json.js';
import type { Page, PageRequest } from '../../store/page.js';
import { mayKnow, mayKnowFlag, ownTarget } from '../access/caller-reach.js';
import { AnswerRoom, LARGE_FLAGS, MAX_BYTES_PER_ANSWER } from './answer-room.js';
import type { ConsistencyInput } from './consistency-gate.js';
import { isReadable, type TargetView, type TargetViews } from './target-views.js';

export interface ListRequirementsInput extends ConsistencyInput {
  /** Whose requirements a machine asks for; people see their own, and may leave it out. */
  readonly userId: string;
}

export interface GetRequirementsInput extends ListRequirementsInput {
  readonly flagKey: string;
  /** Whether to tell no more than people are told. */
  readonly asPeople?: boolean;
}

/** Requirements, and whether they rest on state that the store could not confirm in time. */
export interface ToldRequirements {
  readonly requirements: FlagRequirements;
  readonly stale: boolean;
}

/** Tells what users still lack for each flag, by the same state and at the same instant as an evaluation would decide. */
export class RequirementsService {
  readonly #views: Pick<TargetViews, 'load'>;
  readonly #dayKnowledge: Pick<DayKnowledge, 'of'>;

  constructor(views: Pick<TargetViews, 'load'>, dayKnowledge: Pick<DayKnowledge, 'of'>) {
    this.#views = views;
    this.#dayKnowledge = dayKnowledge;
  }

  /** One flag's requirements. Rejects with NOT_FOUND a flag that is unknown, archived, or not for the caller's eyes. */
  async get(call: Call, input: GetRequirementsInput): Promise<ToldRequirements> {
    authorize(call, 'GetRequirements');
    requireName('flagKey', input.flagKey, '/flag_key');
    const { stale, ...view } = await this.#view(call, input);
    const compiled = view.snapshot.flags.get(input.flagKey);
    if (compiled === undefined || compiled.flag.archived || !mayKnow(call, input.flagKey, view.snapshot)) {
      throw notFound(`no flag ${quote(input.flagKey)}`);
    }
    requireReadable(view, input.flagKey);
    const audience = input.asPeople === true ? 'PERSON' : audienceOf(call);
    return { requirements: requirementsOf(compiled, { ...view, audience }), stale };
  }

  /** A page of the requirements of all gated flags that the caller may know of, ordered by the flags' keys. */
  async list(
    call: Call,
    input: ListRequirementsInput,
    { after = '', limit }: PageRequest,
  ): Promise<Page<ToldRequirements>> {
    authorize(call, 'GetRequirements');
    const { stale, ...view } = await this.#view(call, input);
    const { snapshot } = view;
    const keys = call.caller.kind === 'person' ? snapshot.visible : snapshot.flags.keys();
    const compiled = Array.from(keys, (key) => snapshot.flags.get(key)!).filter(({ flag }) => mayKnowFlag(call, flag));
    const gated = compiled.filter((entry) => entry.flag.key > after && isGated(entry));
    const shown = gated.slice(0, limit);
    const pauses = new EventLoopPauses(call);
    const room = new AnswerRoom(MAX_BYTES_PER_ANSWER, LARGE_FLAGS);
    const told: ToldRequirements[] = [];
    for (const compiled of shown) {
      requireReadable(view, compiled.flag.key);
      const requirements = requirementsOf(compiled, { ...view, audience: audienceOf(call) });
      room.take(requirements.decision.value);
      told.push({ requirements, stale });
      if (pauses.due(STEPS_PER_FLAG)) await pauses.take();
    }
    return gated.length > limit ? { items: told, next: shown.at(-1)!.flag.key } : { items: told };
  }

  async #view(call: Call, input: ListRequirementsInput) {
    const target = ownTarget(call, input.userId);
    requireName('userId', target.userId, '/user_id');
    const view = await this.#views.load(call, target, input);
    return { ...view, known: await this.#dayKnowledge.of(view.snapshot) };
  }
}

/** Rejects with UNAVAILABLE where the store is away and what is at hand of the user is not enough to tell what a flag asks. */
export function requireReadable(view: Omit<TargetView, 'stale'>, flagKey: string): void {
  if (isReadable(view, flagKey)) return;
  throw unavailable('the store does not answer, and what the user did within windows is not at hand; try again');
}

/** Putting a flag's requirements together takes about as long as this many decisions. */
const STEPS_PER_FLAG = 32;

/**
 * A caller that is bound to an organization is told no more than people are: conditions may name other organizations, and
 * what the platform has in mind.
 */
function audienceOf({ caller }: Call): Audience {
  return caller.kind === 'person' || confinedTo(caller) !== '' ? 'PERSON' : 'OPERATOR';
}
