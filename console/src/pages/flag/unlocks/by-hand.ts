import { call } from '../../../api/api.js';

export type ByHandKind = 'grant' | 'revoke' | 'rearm';

/** For whom something of the ledger is done by hand. */
export interface Whom {
  readonly kind: 'user' | 'organization';
  readonly id: string;
}

export interface ByHand {
  readonly flag: string;
  readonly kind: ByHandKind;
  /** '' for the flag as a whole. */
  readonly rule: string;
  readonly reason: string;
}

export interface HandFailure {
  readonly whom: Whom;
  readonly error: unknown;
}

export interface HandOptions extends ByHand {
  readonly whom: readonly Whom[];
  readonly signal: AbortSignal;
  readonly onProgress: (done: number) => void;
}

/** How many calls are under way at once: a server has other things to do. */
const AT_ONCE = 4;

/** Does it for each, some at once; gives how many it changed something for, for whom it failed, and who was not tried when it was stopped. */
export async function doByHand({ whom, signal, onProgress, ...what }: HandOptions) {
  const waiting = [...whom];
  const failures: HandFailure[] = [];
  let [done, changed, same] = [0, 0, 0];
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      try {
        if (await doOne(next, what)) changed++;
        else same++;
      } catch (error) {
        failures.push({ whom: next, error });
      }
      onProgress(++done);
      if (signal.aborted) return;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return { changed, same, failures, untried: waiting };
}

/** Does it for one; gives whether it changed anything. */
export async function doOne({ kind: of, id }: Whom, { flag, kind, rule, reason }: ByHand): Promise<boolean> {
  const body = { reason, ...(rule === '' ? {} : { rule_id: rule }) };
  const answer =
    of === 'user'
      ? await call(`POST /api/admin/users/{user_id}/unlocks/{flag}/${kind}`, { path: { user_id: id, flag }, body })
      : await call(`POST /api/admin/organizations/{organization_id}/unlocks/{flag}/${kind}`, {
          path: { organization_id: id, flag },
          body,
        });
  return (answer.change?.entries.length ?? 0) > 0;
}
