/** A verb in the forms that are needed: `paid`, `paid`, `pay`. */
interface Verb {
  readonly past: string;
  readonly infinitive: string;
}

/** An action whose name says what was done to what, as most do: `report_created`, `Order Completed`. */
export interface NamedAction {
  readonly verb: Verb;
  /** What it was done to: `report`. */
  readonly one: string;
  /** `reports`. */
  readonly many: string;
}

/** The verbs that names of actions end with, as these are read: each infinitive with its past, and its participle where that differs. */
const VERBS = `
accept accepted, add added, answer answered, approve approved, archive archived, assign assigned, attach attached, book booked,
build built, buy bought, cancel cancelled, cancel canceled, change changed, clear cleared, click clicked, clone cloned, close closed,
collect collected, complete completed, confirm confirmed, connect connected, convert converted, copy copied, create created,
delete deleted, deliver delivered, deploy deployed, download downloaded, draft drafted, duplicate duplicated, edit edited,
enable enabled, export exported, file filed, finish finished, fix fixed, follow followed, generate generated, give gave given,
import imported, install installed, invite invited, join joined, launch launched, like liked, link linked, make made, mark marked,
merge merged, move moved, open opened, order ordered, pass passed, pay paid, pin pinned, place placed, play played, post posted,
print printed, publish published, purchase purchased, rate rated, read read, receive received, record recorded, redeem redeemed,
register registered, reject rejected, remove removed, rename renamed, renew renewed, reopen reopened, report reported,
request requested, resolve resolved, review reviewed, run ran run, save saved, scan scanned, schedule scheduled, sell sold,
send sent, share shared, ship shipped, sign signed, solve solved, start started, stop stopped, submit submitted, swipe swiped,
sync synced, tag tagged, take took taken, test tested, update updated, upgrade upgraded, upload uploaded, use used,
verify verified, view viewed, visit visited, watch watched, win won, write wrote written`;

const BY_PARTICIPLE: ReadonlyMap<string, Verb> = new Map(
  VERBS.split(',').map((row) => {
    const [infinitive, past, participle = past] = row.trim().split(/\s+/) as [string, string, string?];
    return [participle!, { past, infinitive }];
  }),
);

const WORDS = /^[a-z]+(?:[ _.-][a-z]+)+$/;

/** What an action's name says was done to what; undefined for a name that does not end with a verb that is known. */
export function actionNamed(action: string): NamedAction | undefined {
  const lower = action.replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase();
  if (lower.length > LONGEST || !WORDS.test(lower)) return undefined;
  const words = lower.split(/[ _.-]/);
  const verb = BY_PARTICIPLE.get(words.pop()!);
  if (verb === undefined) return undefined;
  const one = words.join(' ');
  return { verb, one, many: plural(one) };
}

/** Longer names are told as they are. */
const LONGEST = 60;

const IRREGULAR: ReadonlyMap<string, string> = new Map([
  ['person', 'people'],
  ['child', 'children'],
  ['feedback', 'feedback'],
  ['money', 'money'],
  ['data', 'data'],
  ['media', 'media'],
]);

function plural(noun: string): string {
  const last = noun.split(' ').at(-1)!;
  const irregular = IRREGULAR.get(last);
  if (irregular !== undefined) return noun.slice(0, noun.length - last.length) + irregular;
  if (/[^aeiou]y$/.test(noun)) return `${noun.slice(0, -1)}ies`;
  if (/(?:ss|x|z|ch|sh|us)$/.test(noun)) return `${noun}es`;
  return noun.endsWith('s') ? noun : `${noun}s`;
}
