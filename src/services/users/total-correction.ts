import { actorOf, type Call } from '../../calls/caller.js';
import { requireComment, requireName } from '../../calls/check-input.js';
import { invalidAt, notFound } from '../../calls/errors.js';
import { authorize } from '../../calls/permissions.js';
import { recordAudit } from '../../calls/record-audit.js';
import { earnerDaysOf, type Snapshot } from '../../core/snapshot/snapshot.js';
import type { Cause, LedgerEntry } from '../../core/states/ledger.js';
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
import { relockEntries } from '../../unlocking/event-course.js';
import { type UserWriteOptions, type UserWritten, writeUser } from '../../unlocking/user-write.js';

export interface CorrectTotalInput {
  readonly userId: string;
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

export interface TotalCorrected extends UserWritten {
  /** Undefined where nothing was counted. */
  readonly before: ActionTotal | undefined;
  /** Undefined where the action is forgotten. */
  readonly after: ActionTotal | undefined;
}

/** Sets right by hand what was counted of users. */
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
    const { userId, action, reason } = input;
    requireName('userId', userId, '/user_id');
    requireName('action', action, '/action');
    requireComment(reason, 'reason');
    checkNumbers(input);
    const cause: Cause = { type: 'correction', actor: actorOf(call.caller), reason, action };
    let made: Pick<TotalCorrected, 'before' | 'after'> | undefined;
    const written = await writeUser(this.#options, userId, cause, async (tx, { before, snapshot, now }) => {
      const total = totalOf(before, input, snapshot);
      const corrected = total && corrections(total, input);
      made = { before: total, after: corrected };
      if (corrected === total) return undefined;
      const actions = new Map(before.actions);
      const actionDays = new Map(before.actionDays);
      if (corrected === undefined) {
        actions.delete(action);
        actionDays.delete(action);
        await tx.users.forgetActions(userId, [action]);
      } else {
        actions.set(action, corrected);
        await tx.users.putTotals([{ userId, action, ...corrected }]);
      }
      const shown = (one: ActionTotal | undefined) => one && { count: one.count, sum: amountOf(one.sum) };
      await recordAudit(tx, call, now, {
        action: 'total.correct',
        target: action,
        before: { userId, total: shown(total) ?? null },
        after: { userId, total: shown(corrected) ?? null },
        comment: reason,
      });
      const after = { ...before, actions, actionDays };
      const entries = await relocks(tx, { before, after, snapshot, now }, cause);
      return { after, entries };
    });
    return { ...written, ...made! };
  }
}

/** Entries for the unlocks that held before the correction and do not without what it takes. */
async function relocks(
  tx: Transaction,
  { before, after, snapshot, now }: { before: UserState; after: UserState; snapshot: Snapshot; now: number },
  cause: Cause,
): Promise<readonly LedgerEntry[]> {
  const { organizationId } = before;
  const organizations =
    organizationId === '' ? undefined : await tx.organizations.read([organizationId], earnerDaysOf(snapshot));
  const { taken } = relock({
    ...{ snapshot, before, after, organization: organizations?.get(organizationId), at: now },
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
  { action, count }: CorrectTotalInput,
  { derivations }: Snapshot,
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
  throw notFound(`the user ${quote(id)} has done no ${quote(action)}: there is nothing to correct; send events`);
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
