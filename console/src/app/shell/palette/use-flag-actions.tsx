import { useRouter } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { type FlagState, FlagStateMark } from '../../../parts/flag-state.js';
import { useMay, useMayMakeFlags } from '../../../parts/page/session-context.js';
import {
  BlockedIcon,
  CopyIcon,
  DoneIcon,
  FlagIcon,
  HelpIcon,
  HistoryIcon,
  OffIcon,
  TargetedIcon,
} from '../../../ui/icons.js';
import { tell } from '../../../ui/toasts.js';
import { words } from '../../../words/palette-words.js';
import { type Asked, phrasesIn } from './asked-of.js';
import type { Entry, FoundFlag } from './entry.js';
import type { Found } from './use-found.js';

export type Verb = keyof typeof words.palette.verbs;
type PersonVerb = 'explain' | 'allow' | 'deny';

/** What a verb is typed by. */
export const PHRASES: ReadonlyMap<Verb, readonly string[]> = new Map(
  Object.entries(words.palette.verbs).map(([verb, { said }]) => [verb as Verb, phrasesIn(said)]),
);
export const BETWEEN = phrasesIn(words.palette.between);

const ICONS: Readonly<Record<Verb, Entry['icon']>> = {
  ...{ off: OffIcon, on: DoneIcon, explain: HelpIcon, allow: TargetedIcon, deny: BlockedIcon, copy: CopyIcon },
  ...{ rules: FlagIcon, access: FlagIcon, unlocks: FlagIcon, use: FlagIcon, versions: FlagIcon, undo: HistoryIcon },
};
/** Those that lead somewhere, and change nothing. */
const LEADS: ReadonlySet<Verb> = new Set(['explain', 'rules', 'access', 'unlocks', 'use', 'versions', 'undo']);
/** How many flags, and people for each, are offered for a verb. */
const MOST = 3;

/** What the palette was opened over. */
export interface Present {
  /** The flag whose page it is. */
  readonly flag?: Target;
  /** The id of the person whose page it is. */
  readonly person?: string;
}

export interface FlagActionsOptions {
  readonly asked: Asked<Verb> | undefined;
  /** What is found by all that is asked for, and by its two parts. */
  readonly found: { readonly whole: Found; readonly first: Found; readonly second: Found };
  readonly present: Present;
  /** Asks before a flag is switched. */
  readonly onSwitch: (flag: string, on: boolean) => void;
}

/** A flag that something is done to. */
type Target = FoundFlag & {
  /** Of one that was found. */
  readonly state?: FlagState;
  /** Of the page's own, where that is known: whether it is switched off. */
  readonly isOff?: boolean;
};

/** What can be done to flags: what is asked for, to what is found by it; and what begins such a question, where nothing is. */
export function useFlagActions({ asked, found, present, onSwitch }: FlagActionsOptions) {
  const router = useRouter();
  const allowed = useAllowed();
  const openFlag = (key: string, search: object = {}) =>
    void router.navigate({ to: '/flags/$key', params: { key }, search });
  const runs: Readonly<Record<Exclude<Verb, PersonVerb>, (key: string) => void>> = {
    off: (key) => onSwitch(key, false),
    on: (key) => onSwitch(key, true),
    copy: copyKey,
    rules: (key) => openFlag(key),
    access: (key) => openFlag(key, { tab: 'access' }),
    unlocks: (key) => openFlag(key, { tab: 'unlocks' }),
    use: (key) => openFlag(key, { tab: 'use' }),
    versions: (key) => openFlag(key, { tab: 'versions' }),
    undo: (key) => void router.navigate({ to: '/history', search: { kind: 'flag', subject: key } }),
  };
  const lineOf = (verb: Verb, id: string): Pick<Entry, 'id' | 'kind' | 'icon'> => ({
    id: `${verb} ${id}`,
    kind: LEADS.has(verb) ? 'go' : 'do',
    icon: ICONS[verb],
  });
  const onFlag = (verb: Exclude<Verb, PersonVerb>, flag: Target): Entry => ({
    ...lineOf(verb, flag.key),
    text: words.palette.verbs[verb].does(flag.name),
    more: moreOf(flag),
    run: () => runs[verb](flag.key),
  });
  const forPerson = (verb: PersonVerb, flag: Target, person: string): Entry => ({
    ...lineOf(verb, `${flag.key} ${person}`),
    text: words.palette.verbs[verb].does(flag.name, person),
    more: moreOf(flag),
    run: () => {
      if (verb !== 'explain') return openFlag(flag.key, { tab: 'access', row: person, says: verb.toUpperCase() });
      void router.navigate({ to: '/people/$id', params: { id: person }, search: { flag: flag.key, q: flag.key } });
    },
  });
  /** Who or what is missing is asked for, by what is typed so far. */
  const goesOn = (verb: PersonVerb, phrase: string, given: { readonly flag: Target } | { readonly person: string }) => {
    if ('flag' in given) {
      const { flag } = given;
      const types = `${phrase} ${flag.key} `;
      const text = words.palette.verbs[verb].forWhom(flag.name);
      return { ...lineOf(verb, types), text, more: moreOf(flag), types } satisfies Entry;
    }
    const types = `${phrase} ${given.person} `;
    return { ...lineOf(verb, types), text: words.palette.verbs[verb].which(given.person), types } satisfies Entry;
  };
  const people = ({ users }: Found) => users.slice(0, MOST).map(({ user_id }) => user_id);

  const askedFor = (): readonly Entry[] => {
    if (asked === undefined || !allowed.has(asked.verb)) return [];
    const { verb, phrase, whole } = asked;
    const flags = (whole === '' ? presentFlags(present) : found.whole.flags).filter(canBe(verb)).slice(0, MOST);
    if (!isPersonVerb(verb)) return flags.map((flag) => onFlag(verb, flag));
    const pairs = [
      ...pairsOf(found.first.flags, people(found.second)),
      ...pairsOf(found.second.flags, people(found.first)),
      // One of the two may be what the page is about.
      ...(present.person === undefined ? [] : pairsOf(flags, [present.person])),
      ...pairsOf(presentFlags(present), people(found.whole)),
    ];
    if (pairs.length > 0) return pairs.map(([flag, person]) => forPerson(verb, flag, person));
    return [
      ...flags.map((flag) => goesOn(verb, phrase, { flag })),
      ...people(found.whole).map((person) => goesOn(verb, phrase, { person })),
    ];
  };
  const begun = [...PHRASES].filter(([verb]) => allowed.has(verb));
  const toPresent = (verb: Verb): readonly Entry[] => {
    const phrase = PHRASES.get(verb)!.at(-1)!;
    const { person } = present;
    if (person !== undefined) return isPersonVerb(verb) ? [goesOn(verb, phrase, { person })] : [];
    return presentFlags(present)
      .filter(canBe(verb))
      .map((flag) => (isPersonVerb(verb) ? goesOn(verb, phrase, { flag }) : onFlag(verb, flag)));
  };
  return {
    askedFor: askedFor(),
    /** What can be done to what the page is about. */
    ofPresent: begun.flatMap(([verb]) => toPresent(verb)),
    /** What begins a question about flags, with all that it is found by. */
    begun: begun.map(([verb, phrases]) => ({
      found: `${words.palette.verbs[verb].begun} ${phrases.join(' ')}`,
      entry: {
        ...lineOf(verb, 'begun'),
        text: words.palette.verbs[verb].begun,
        types: `${phrases.at(-1)} `,
      } satisfies Entry,
    })),
  };
}

/** The verbs that who is signed in may use. */
function useAllowed(): ReadonlySet<Verb> {
  const [mayChange, mayExplain] = [useMayMakeFlags(), useMay('ExplainFlag')];
  const [mayRead, mayRows, mayUnlocks] = [useMay('GetFlag'), useMay('ListAccess'), useMay('ListFlagUnlocks')];
  const [mayVersions, mayAudit] = [useMay('ListVersions'), useMay('ListAudit')];
  const may: Readonly<Record<Verb, boolean>> = {
    ...{ off: mayChange, on: mayChange, allow: mayChange && mayRows, deny: mayChange && mayRows },
    ...{ copy: true, explain: mayExplain, rules: mayRead, use: mayRead },
    ...{ access: mayRead && mayRows, unlocks: mayRead && mayUnlocks, versions: mayRead && mayVersions, undo: mayAudit },
  };
  return new Set([...PHRASES.keys()].filter((verb) => may[verb]));
}

function isPersonVerb(verb: Verb): verb is PersonVerb {
  return verb === 'explain' || verb === 'allow' || verb === 'deny';
}

/** Whether something can be done to a flag as it stands. The state is off where it is switched off, and where nothing gives it to anybody. */
function canBe(verb: Verb): (flag: Target) => boolean {
  if (verb === 'on') return ({ state, isOff = true }) => isOff && (state === undefined || state === 'FLAG_STATE_OFF');
  if (verb === 'off') return ({ state, isOff = false }) => !isOff && state !== 'FLAG_STATE_ARCHIVED';
  return () => true;
}

/** What tells a flag from others of its name, and how it stands where that was told with it. */
function moreOf({ key, name, state }: Target): ReactNode {
  return (
    <>
      {key !== name && <code className="palette-key">{key}</code>}
      {state !== undefined && <FlagStateMark state={state} />}
    </>
  );
}

function presentFlags({ flag }: Present): readonly Target[] {
  return flag === undefined ? [] : [flag];
}

function pairsOf(flags: readonly Target[], people: readonly string[]): readonly (readonly [Target, string])[] {
  return flags.slice(0, MOST).flatMap((flag) => people.map((person) => [flag, person] as const));
}

function copyKey(key: string): void {
  const { copied, notCopied, notCopiedWhat } = words.palette;
  const fail = () => tell({ kind: 'failed', title: notCopied, what: notCopiedWhat(key) });
  // Without TLS browsers have no clipboard but on the machine itself.
  const { clipboard } = navigator as { readonly clipboard?: Clipboard };
  if (clipboard === undefined) fail();
  else clipboard.writeText(key).then(() => tell({ kind: 'done', title: copied(key) }), fail);
}
