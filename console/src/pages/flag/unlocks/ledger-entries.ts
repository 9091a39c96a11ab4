import type { UserLedgerEntry } from '../../../../../src/protocol/gen/admin-json.js';

/** An entry of a ledger with a name of its own. */
export interface Keyed {
  readonly key: string;
  readonly entry: UserLedgerEntry;
}

/** An entry has no id; whose it is, of what, and when, tells it apart, but for those of one instant, which are counted. */
export function keyed(entries: readonly UserLedgerEntry[]): readonly Keyed[] {
  const times = new Map<string, number>();
  // From the oldest on, so that what comes in changes no key.
  return entries
    .toReversed()
    .map((entry): Keyed => {
      const { user_id, organization_id, entry: what } = entry;
      const name = JSON.stringify([user_id, organization_id, what?.kind, what?.rule_id, what?.recorded_at]);
      const time = (times.get(name) ?? 0) + 1;
      times.set(name, time);
      return { key: `${name} ${time}`, entry };
    })
    .toReversed();
}

/** What is shown, and below it what there is by now that is older. Nothing that is shown moves, or goes. */
export function withOlder(shown: readonly Keyed[], present: readonly Keyed[]): readonly Keyed[] {
  const last = shown.at(-1)?.key;
  const at = present.findIndex(({ key }) => key === last);
  return at < 0 || at === present.length - 1 ? shown : [...shown, ...present.slice(at + 1)];
}

/** How many there are by now that are newer than what is shown. */
export function newerThan(shown: readonly Keyed[] = [], present: readonly Keyed[] = []): number {
  const first = shown[0]?.key;
  const at = present.findIndex(({ key }) => key === first);
  return at < 0 ? present.length : at;
}
