import type { Call } from '../../calls/caller.js';
import { requireName } from '../../calls/check-input.js';
import { invalidAt } from '../../calls/errors.js';
import { EventLoopPauses } from '../../calls/event-loop-pauses.js';
import { authorize } from '../../calls/permissions.js';
import type { DayKnowledge } from '../../configuration/day-knowledge.js';
import { earnerOf } from '../../core/deciding/subject.js';
import type { ExplainedFor } from '../../core/explaining/explanation.js';
import { type UserFlag, type UserFlagState, userFlagFor } from '../../core/explaining/user-flag.js';
import type { Flag } from '../../core/flags/flag.js';
import { foldedText } from '../../core/values/folded-text.js';
import type { Page, PageRequest } from '../../store/page.js';
import type { ConsistencyInput } from '../evaluating/consistency-gate.js';
import { requireReadable } from '../evaluating/requirements.js';
import type { TargetViews } from '../evaluating/target-views.js';
import { mayBeTold, requireWithin, viewerOf } from './asked-user.js';

export interface UserFlagsFilter extends ConsistencyInput {
  readonly userId: string;
  /** Only flags with this text in their key or their name, folded; '' for all. */
  readonly q: string;
  /** Only flags in these states; empty for all. */
  readonly states: readonly UserFlagState[];
}

export interface ListedUserFlag {
  readonly flag: UserFlag;
  readonly stale: boolean;
}

/** How many flags are decided for one page, however few of them it then has. */
const MOST_DECIDED = 2_000;
const LONGEST_TEXT = 200;
/** Telling how a flag stands takes about as long as this many decisions. */
const STEPS_PER_FLAG = 32;

/** Lists all flags of a user as they stand. */
export class UserFlagList {
  readonly #views: Pick<TargetViews, 'load'>;
  readonly #dayKnowledge: Pick<DayKnowledge, 'of'>;

  constructor(views: Pick<TargetViews, 'load'>, dayKnowledge: Pick<DayKnowledge, 'of'>) {
    this.#views = views;
    this.#dayKnowledge = dayKnowledge;
  }

  /** A page of the flags that are not archived and that the caller may be told of, by key. */
  async list(call: Call, input: UserFlagsFilter, { after = '', limit }: PageRequest): Promise<Page<ListedUserFlag>> {
    authorize(call, 'ListUserFlags');
    const viewer = viewerOf(call, 'ListUserFlags');
    requireName('userId', input.userId, '/user_id');
    if (input.q.length > LONGEST_TEXT) {
      throw invalidAt('/q', `q has at most ${LONGEST_TEXT} characters, and this one has ${input.q.length}`);
    }
    const view = await this.#views.load(call, { userId: input.userId, context: {} }, input);
    const { snapshot, subject, now, stale } = view;
    requireWithin(viewer, subject);
    const about: ExplainedFor = { snapshot, subject, now, known: await this.#dayKnowledge.of(snapshot) };
    const audience = viewer === '' ? 'OPERATOR' : 'PERSON';
    const earner = earnerOf(snapshot, subject);
    const text = foldedText(input.q).trim();
    const states = new Set(input.states);
    const pauses = new EventLoopPauses(call);
    const items: ListedUserFlag[] = [];
    let decided = 0;
    let last = after;
    for (const [key, compiled] of snapshot.flags) {
      if (key <= after || compiled.flag.archived || !mayBeTold(viewer, compiled)) continue;
      if (text !== '' && !searchedText(compiled.flag).includes(text)) continue;
      if (items.length === limit || decided === MOST_DECIDED) return { items, next: last };
      requireReadable(view, key);
      const flag = userFlagFor(compiled, { ...about, audience, earner });
      decided++;
      last = key;
      if (states.size === 0 || states.has(flag.state)) items.push({ flag, stale });
      if (pauses.due(STEPS_PER_FLAG)) await pauses.take();
    }
    return { items };
  }
}

/** Flags never change, so each is folded once. */
const texts = new WeakMap<Flag, string>();

function searchedText(flag: Flag): string {
  let text = texts.get(flag);
  if (text === undefined) {
    text = foldedText(`${flag.key}\n${flag.name}`);
    texts.set(flag, text);
  }
  return text;
}
