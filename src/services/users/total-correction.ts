import { actorOf, type Call } from '../../calls/caller.js';
import { requireComment, requireName } from '../../calls/check-input.js';
import { invalidAt, notFound } from '../../calls/errors.js';
import { authorize } from '../../calls/permissions.js';
import { recordAudit } from '../../calls/writes/record-audit.js';
import { decide } from '../../core/deciding/evaluate.js';
import { passingSubject } from '../../core/deciding/subject.js';
import { earnerDaysOf, type Snapshot } from '../../core/snapshot/snapshot.js';
import type { Cause, LedgerEntry } from '../../core/states/ledger.js';
import type { OrganizationState } from '../../core/states/organization-state.js';
import type { ActionTotal, UserState } from '../../core/states/user-state.js';
import { relock } from '../../core/unlocking/relock.js';
import { quote } from '../../core/values/json.js';
import {
  amountOf,
  LARGEST_AMOUNT,
  LARGEST_MILLIONTHS,
  millionthsOf,
  roundedAmount,
} from '../../core/values/millionths.js';
import type { Transaction } from '../../store/store.js';
import type { UserWriter } from '../../store/user-store.js';
import { writeEarner } from '../../unlocking/earner-write.js';
import { relockEntries } from '../../unlocking/event-course.js';
import { judgingOf } from '../../unlocking/recompute-organizations.js';
import { type UserWriteOptions, type UserWritten, writeUser } from '../../unlocking/user-write.js';

export interface CorrectTotalInput {
  /** Whose total it is: one of the two, the other '' or left out. */
  readonly userId?: string;
  readonly organizationId?: string;
  readonly action: string;
  /** What the count is to be, or by how much it is to change; neither where it stays. */
  readonly count?: number | undefined;
  readonly addCount?: number | undefined;
  /** Likewise of the sum. */
  readonly sum?: number | undefined;
  readonly addSum?: number | undefined;
  /** For the ledger and the audit; 1…1,000 characters. */
  readonly reason: string;
}

export interface TotalCorrected extends Pick<UserWritten, 'newlyUnlocked' | 'newlyLocked' | 'consistencyToken'> {
  /** Undefined where nothing was counted. */
  readonly before: ActionTotal | undefined;
  /** Undefined where the action is forgotten. */
  readonly after: ActionTotal | undefined;
}

/** Sets right by hand what was counted of users and of organizations. */
export class TotalCorrection {
  readonly #options: UserWriteOptions;

  constructor(options: UserWriteOptions) {
    this.#options = options;
  }

  /**
   * Corrects the count and the sum of an action: what they are to be, or by how much they are off. Days and instants stay; a count of
   * 0 forgets the action. Derived actions are refused: they are counted anew from events whenever their declaration changes.
   */
  async correct(call: Call, input: CorrectTotalInput): Promise<TotalCorrected> {
    authorize(call, 'CorrectTotal');
    const { userId = '', organizationId = '', action, reason } = input;
    if (userId !== '' && organizationId !== '') {
      throw invalidAt('/organization_id', `${quote(organizationId)} stands beside user_id; give one of the two`);
    }
    if (organizationId !== '') requireName('organizationId', organizationId, '/organization_id');
    else requireName('userId', userId, '/user_id');
    requireName('action', action, '/action');
    requireComment(reason, 'reason');
    checkNumbers(input);
    return organizationId === ''
      ? this.#ofUser(call, input, userId)
      : this.#ofOrganization(call, input, organizationId);
  }

  async #ofUser(call: Call, input: CorrectTotalInput, userId: string): Promise<TotalCorrected> {
    const cause = causeOf(call, input);
    let made: Totals | undefined;
    const written = await writeUser(this.#options, userId, cause, async (tx, { before, snapshot, now }) => {
      const total = totalOf(before, input, snapshot.derivations);
      made = { before: total, after: total && corrections(total, input) };
      if (made.after === made.before) return undefined;
      const after = await store(tx.users, before, input.action, made.after);
      await record(tx, call, now, { input, whose: { userId }, totals: made });
      const organization = await organizationOf(tx, before, snapshot);
      return { after, entries: relocks({ before, after, organization, snapshot, now }, cause) };
    });
    return { ...written, ...made! };
  }

  async #ofOrganization(call: Call, input: CorrectTotalInput, organizationId: string): Promise<TotalCorrected> {
    const cause = causeOf(call, input);
    let made: Totals | undefined;
    let flipsTo: (earner: UserState) => Flips = () => NO_FLIPS;
    const { earner, consistencyToken } = await writeEarner(
      this.#options,
      organizationId,
      async (tx, { before, snapshot, now }) => {
        const judging = judgingOf(snapshot);
        const total = totalOf(before, input, judging.derivations);
        made = { before: total, after: total && corrections(total, input) };
        flipsTo = () => NO_FLIPS;
        if (made.after === made.before) return undefined;
        const organization = await organizationOf(tx, before, snapshot);
        const after = await store(tx.earners, before, input.action, made.after);
        await record(tx, call, now, { input, whose: { organizationId }, totals: made });
        flipsTo = (is) => flipsOf(judging, { was: before, is, organization, now });
        return {
          before,
          after,
          entries: relocks({ before, after, organization, snapshot: judging, now }, cause),
          cause,
        };
      },
    );
    const { unlocked, locked } = flipsTo(earner);
    return { newlyUnlocked: unlocked, newlyLocked: locked, consistencyToken, ...made! };
  }
}

type Totals = Pick<TotalCorrected, 'before' | 'after'>;

function causeOf({ caller }: Call, { reason, action }: CorrectTotalInput): Cause {
  return { type: 'correction', actor: actorOf(caller), reason, action };
}

/** Stores a corrected total, or forgets the action; gives the state with it. */
async function store(
  writer: Pick<UserWriter, 'forgetActions' | 'putTotals'>,
  before: UserState,
  action: string,
  corrected: ActionTotal | undefined,
): Promise<UserState> {
  const actions = new Map(before.actions);
  const actionDays = new Map(before.actionDays);
  if (corrected === undefined) {
    actions.delete(action);
    actionDays.delete(action);
    await writer.forgetActions(before.id, [action]);
  } else {
    actions.set(action, corrected);
    await writer.putTotals([{ userId: before.id, action, ...corrected }]);
  }
  return { ...before, actions, actionDays };
}

interface Recorded {
  readonly input: CorrectTotalInput;
  readonly whose: { readonly userId: string } | { readonly organizationId: string };
  readonly totals: Totals;
}

async function record(tx: Transaction, call: Call, now: number, { input, whose, totals }: Recorded): Promise<void> {
  const shown = (one: ActionTotal | undefined) => (one && { count: one.count, sum: amountOf(one.sum) }) ?? null;
  await recordAudit(tx, call, now, {
    ...{ action: 'total.correct', target: input.action, comment: input.reason },
    before: { ...whose, total: shown(totals.before) },
    after: { ...whose, total: shown(totals.after) },
  });
}

interface Flips {
  readonly unlocked: readonly string[];
  readonly locked: readonly string[];
}

const NO_FLIPS: Flips = { unlocked: [], locked: [] };

interface Turned {
  readonly was: UserState;
  readonly is: UserState;
  readonly organization: OrganizationState | undefined;
  readonly now: number;
}

/** The flags that an organization has by what it earned, and had not before, and the other way round. */
function flipsOf(judging: Snapshot, { was, is, organization, now }: Turned): Flips {
  const isOn = (key: string, earner: UserState): boolean =>
    decide(judging, key, passingSubject(judging, earner, organization), now).enabled;
  const flipped = [...judging.flags.keys()].filter((key) => isOn(key, was) !== isOn(key, is));
  const [unlocked, locked] = [true, false].map((on) => flipped.filter((key) => isOn(key, is) === on));
  return { unlocked: unlocked!, locked: locked! };
}

async function organizationOf(
  tx: Transaction,
  { organizationId }: UserState,
  snapshot: Snapshot,
): Promise<OrganizationState | undefined> {
  if (organizationId === '') return undefined;
  return (await tx.organizations.read([organizationId], earnerDaysOf(snapshot))).get(organizationId);
}

interface Corrected {
  readonly before: UserState;
  readonly after: UserState;
  readonly organization: OrganizationState | undefined;
  /** What they are judged by. */
  readonly snapshot: Snapshot;
  readonly now: number;
}

/** Entries for the unlocks that held before the correction and do not without what it takes. */
function relocks({ before, after, organization, snapshot, now }: Corrected, cause: Cause): readonly LedgerEntry[] {
  const { taken } = relock({
    ...{ snapshot, before, after, organization, at: now },
    // It is not known when what was wrong had come.
    ...{ cameAt: Number.POSITIVE_INFINITY, among: undefined },
  });
  return relockEntries(before.id, taken, { earnedAt: now, recordedAt: now, cause });
}

function checkNumbers({ count, addCount, sum, addSum }: CorrectTotalInput): void {
  if ([count, addCount, sum, addSum].every((given) => given === undefined)) {
    throw invalidAt('/count', 'nothing is corrected; give count or add_count, sum or add_sum');
  }
  if (count !== undefined && addCount !== undefined) {
    throw invalidAt('/add_count', 'give either count or add_count, not both');
  }
  if (sum !== undefined && addSum !== undefined) throw invalidAt('/add_sum', 'give either sum or add_sum, not both');
  if (count !== undefined && (!Number.isSafeInteger(count) || count < 0)) {
    throw invalidAt('/count', `a count is a whole number, 0 or more, not ${quote(count)}`);
  }
  if (addCount !== undefined && !Number.isSafeInteger(addCount)) {
    throw invalidAt('/add_count', `a count changes by a whole number, not by ${quote(addCount)}`);
  }
  if (count === 0 && (sum ?? addSum) !== undefined) {
    throw invalidAt(
      sum === undefined ? '/add_sum' : '/sum',
      'a count of 0 forgets the action, and its sum with it; leave the sum out',
    );
  }
  for (const [pointer, given] of [
    ['/sum', sum],
    ['/add_sum', addSum],
  ] as const) {
    if (given !== undefined && !(Math.abs(given) <= LARGEST_AMOUNT)) {
      throw invalidAt(pointer, `a sum is a number within ±${LARGEST_AMOUNT}, not ${quote(given)}`);
    }
  }
}

function totalOf(
  { id, actions }: UserState,
  { action, count, organizationId = '' }: CorrectTotalInput,
  derivations: Snapshot['derivations'],
): ActionTotal | undefined {
  const from = derivations.all.get(action)?.from;
  if (from !== undefined) {
    throw invalidAt(
      '/action',
      `the action ${quote(action)} is derived: it is counted anew from ${from.map(quote).join(', ')} whenever its declaration changes, which would lose a correction; take back the events that it counts`,
    );
  }
  const total = actions.get(action);
  // To forget what is forgotten is no error: the call may be made again.
  if (total !== undefined || count === 0) return total;
  const whose = organizationId === '' ? 'user' : 'organization';
  throw notFound(`the ${whose} ${quote(id)} has done no ${quote(action)}: there is nothing to correct; send events`);
}

/** The total as it is to be: the same object where nothing changes, undefined where it is to be forgotten. */
function corrections(total: ActionTotal, input: CorrectTotalInput): ActionTotal | undefined {
  const count = input.count ?? total.count + (input.addCount ?? 0);
  if (count < 0 || !Number.isSafeInteger(count)) {
    const message = `${quote(total.count)} were counted: adding ${quote(input.addCount)} leaves ${quote(count)}; a count is 0 or more`;
    throw invalidAt('/add_count', message);
  }
  if (count === 0) return undefined;
  const { sum: wanted, addSum = 0 } = input;
  const sum =
    wanted === undefined ? total.sum + millionthsOf(roundedAmount(addSum)) : millionthsOf(roundedAmount(wanted));
  if (sum > LARGEST_MILLIONTHS || sum < -LARGEST_MILLIONTHS) {
    throw invalidAt(
      '/add_sum',
      `adding ${quote(addSum)} takes the sum beyond ±${LARGEST_AMOUNT}, the most that is kept`,
    );
  }
  return count === total.count && sum === total.sum ? total : { ...total, count, sum };
}
