import { count, number } from './counting.js';
import { spoken } from './spoken.js';
import { words as everywhere } from './words.js';

/** The words of the page that the console opens with. */
export const todayWords = {
  attention: {
    title: 'Needs somebody',
    none: 'Nothing needs anybody.',
    notKnown: 'While the store is away, more may need somebody than is known here.',
    notTold: {
      OVERVIEW_TOPIC_UNSPECIFIED: '',
      OVERVIEW_TOPIC_CHANGES: 'the history',
      OVERVIEW_TOPIC_DEAD_LETTERS: 'dead letters',
      OVERVIEW_TOPIC_WEBHOOKS: 'webhooks',
    },
    notToldOf: (topics: string) => `Your token is not told of ${topics}: that needs the scope “admin”.`,
    more: (n: number) => `and ${number.format(n)} more`,
    since: 'since',
    make: 'Make it',
    makeIt: (key: string) => `Make it: a flag with the key ${key}`,
    kinds: {
      ATTENTION_KIND_UNSPECIFIED: '',
      ATTENTION_KIND_STORE_AWAY: 'Bring the database back. Everything goes on by itself from there.',
      ATTENTION_KIND_NO_WORKER: 'Nothing that waits is lost.',
      ATTENTION_KIND_FLAGS_BROKEN: 'Open each and mend what is marked.',
      ATTENTION_KIND_EVENTS_LATE: 'More workers, or a faster database, make it shorter. No event is lost.',
      ATTENTION_KIND_TIMERS_LATE: 'What time alone opens comes late for them. More workers help.',
      ATTENTION_KIND_DEAD_LETTERS: 'Look why, mend that, and have them counted again.',
      ATTENTION_KIND_WEBHOOKS_FAILING: 'Mend the receiver, then have what was given up sent again.',
      ATTENTION_KIND_WEBHOOKS_LATE: 'They are tried again by themselves; or the endpoint is to be enabled.',
      ATTENTION_KIND_SERVERS_CUT_OFF:
        'See whether they reach Redis. Until then they look for changes every few seconds.',
      ATTENTION_KIND_FLAGS_UNKNOWN: 'A slip in the code that asks, or a flag that is yet to be made.',
      ATTENTION_KIND_FLAGS_ARCHIVED_IN_USE: 'Take the code out that asks for them, or bring them back.',
      ATTENTION_KIND_FLAGS_WITH_WARNINGS: 'Open each: what is meant otherwise is marked there.',
      ATTENTION_KIND_FLAGS_ENDED: 'Take their code out, then archive them.',
      ATTENTION_KIND_FLAGS_FOR_EVERYONE: 'Take the check out of the code, then archive them.',
    },
    targets: {
      lane: (id: string) => `lane ${id}`,
      server: (id: string) => `server ${id}`,
      webhook: (id: string) => `webhook ${id}`,
      organization: (id: string) => `organization ${id}`,
    } as Readonly<Record<string, (id: string) => string>>,
  },
  running: {
    title: 'Runs',
    none: 'Nothing runs, and nothing is scheduled.',
    reasons: {
      BACKFILL_REASON_UNSPECIFIED: 'Unlocks are brought up to date',
      BACKFILL_REASON_FLAG: 'The flag changed: unlocks are brought up to date',
      BACKFILL_REASON_SEGMENT: 'A segment changed: unlocks are brought up to date',
      BACKFILL_REASON_STAGES: 'The stages changed: unlocks are brought up to date',
      BACKFILL_REASON_ORGANIZATION: 'An organization changed: unlocks are brought up to date',
      BACKFILL_REASON_MANUAL: 'Started by hand: unlocks are brought up to date',
      BACKFILL_REASON_TIME_ZONE: 'The time zone changed: unlocks are brought up to date',
      BACKFILL_REASON_ACTION: 'An action changed: unlocks are brought up to date',
      BACKFILL_REASON_ROLES: 'Roles changed: unlocks are brought up to date',
    },
    waiting: 'waits for its turn',
    done: (n: number, of: number) => `${number.format(n)} of ${number.format(of)} looked at`,
    unlocked: (n: number) => `${number.format(n)} unlocked`,
    left: (seconds: number) =>
      seconds < 90 ? `${number.format(seconds)} s left` : `${number.format(Math.round(seconds / 60))} min left`,
    ended: 'done',
    right: 'Answers are right meanwhile: whoever has earned a flag has it already.',
    more: (n: number) => `${count(n, 'more waits', 'more wait')} for its turn.`,
    fillingSearch:
      'People are made findable by the attributes that were chosen last. Not everybody is found by them yet.',
    settling: 'People are brought up to how actions are derived. What is decided of them is right all the while.',
    parts: (n: number, of: number) =>
      `${number.format(n)} of ${number.format(of)} equal parts of all people are through`,
    uncounted: 'How many are left is not counted.',
    reviewing: 'Flags are looked through for what may be meant otherwise.',
    opens: 'opens',
    scheduledMore: (n: number) => `${count(n, 'more opens', 'more open')} later`,
  },
  unlocks: {
    title: 'Live unlocks',
    perMinute: (n: number) => `${number.format(n)} within the last minute`,
    pause: 'Pause',
    resume: 'Go on',
    paused: (n: number) => (n === 0 ? 'Paused.' : `Paused: ${number.format(n)} since.`),
    none: 'None since you opened this page. Those that happen show here within a second.',
    away: 'Live updates are paused; unlocks go on.',
    beyond: (n: number) => `${count(n, 'more was', 'more were')} too quick to be shown one by one.`,
    has: 'unlocked',
    list: 'Latest unlocks',
  },
  changes: {
    title: 'Changed lately',
    none: 'Nothing was changed yet.',
    all: 'All history',
  },
  flags: {
    title: 'Flags',
    all: (n: number) => count(n, 'flag', 'flags'),
  },
  first: {
    title: 'Three steps to a first unlock',
    what: 'This deployment has no flags yet.',
    make: { title: 'Make a flag', what: 'One that opens once somebody has done something ten times:' },
    makeHere: 'Or make one here',
    ask: {
      title: 'Ask for it',
      what: 'What your backend or your app asks, and gets: off, as ada has done nothing yet.',
    },
    tell: {
      title: 'Say what people do',
      what: 'After ten of these, each with an id of its own, the flag opens for ada, and shows here as it happens:',
    },
    demo: 'Or start the server with scripts/start --demo, which brings flags and people to look at.',
  },
  storeAway: 'What the store knows is left out until it answers.',
};

export const words = { ...everywhere, ...spoken({ today: todayWords }) };
