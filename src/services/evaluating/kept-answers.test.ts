import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Person } from '../../calls/caller.js';
import type { ConfigurationKeeper } from '../../configuration/configuration-keeper.js';
import { instant } from '../../core/conditions/testing/arbitrary-conditions.js';
import { subjectOf } from '../../core/deciding/subject.js';
import { unknownOrganization } from '../../core/states/organization-state.js';
import { unknownEarner } from '../../core/states/user-state.js';
import { arbitraryWorld, instantsToTry, type World } from '../../core/testing/arbitrary-world.js';
import { flagOf, NOW, rowOf, ruleOf, segmentOf, snapshotOf, userOf } from '../../core/testing/samples.js';
import { DAY_MS } from '../../core/values/time/time.js';
import { ALL_FLAGS, FLAGS_ON, type UserFlagsJson } from '../../rest/json/user-flags-json.js';
import type { StateSources } from '../../store/state-source.js';
import type { ConsistencyGate } from './consistency-gate.js';
import { EvaluationService } from './evaluation.js';
import { KeptAnswers } from './kept-answers.js';
import type { ListAnswer } from './listed-flags.js';
import { TargetViews } from './target-views.js';

const person = (given: Partial<Person>): Person => {
  return { kind: 'person', userId: 'u', organizationId: '', roles: undefined, platformAdmin: false, ...given };
};
const PEOPLE = [
  person({ organizationId: 'pro', roles: ['employee'] }),
  person({ organizationId: 'pro', roles: ['manager'] }),
  person({ roles: ['employee'] }),
  person({}),
];
const FORMS = [FLAGS_ON, ALL_FLAGS];

/** All that a list rests on. */
interface Ask {
  /** Of which of two worlds each part is. */
  readonly snapshot: number;
  readonly user: number;
  readonly organization: number;
  readonly person: number;
  readonly form: number;
  /** Which of the instants that matter. */
  readonly at: number;
  readonly stale: 'nothing' | 'user' | 'organization' | 'configuration';
}

const arbitraryAsk: fc.Arbitrary<Ask> = fc.record({
  snapshot: fc.nat(1),
  user: fc.nat(1),
  organization: fc.nat(1),
  person: fc.nat(PEOPLE.length - 1),
  form: fc.nat(1),
  at: fc.nat(),
  stale: fc.constantFrom('nothing', 'nothing', 'nothing', 'user', 'organization', 'configuration'),
});
const PARTS = ['snapshot', 'user', 'organization', 'person', 'form', 'at', 'stale'] as const;

/** Each differs from the one before in a part or two, or not at all: people ask again. */
const arbitraryAsks = fc
  .tuple(arbitraryAsk, fc.array(fc.tuple(arbitraryAsk, fc.subarray([...PARTS], { maxLength: 2 })), { maxLength: 30 }))
  .map(([first, changes]) => {
    const asks = [first];
    for (const [other, parts] of changes) {
      asks.push({ ...asks.at(-1)!, ...Object.fromEntries(parts.map((part) => [part, other[part]])) });
    }
    return asks;
  });

/** What is told, without until when it is valid at least. */
const shown = ({ told, tallies }: ListAnswer<UserFlagsJson>) => ({
  flags: flagsOf(told).map(({ valid_until, ...flag }) => flag),
  tallies,
});

const flagsOf = ({ text }: UserFlagsJson): { readonly valid_until?: string }[] => JSON.parse(text).flags;

/** Until when each flag is valid at least, in epoch milliseconds. */
const validUntil = ({ told }: ListAnswer<UserFlagsJson>) =>
  flagsOf(told).map(({ valid_until }) =>
    valid_until === undefined ? Number.POSITIVE_INFINITY : Date.parse(valid_until),
  );

/** What the asks are put to, one after the other. */
class Stand {
  readonly #worlds: readonly World[];
  readonly #instants: readonly number[];
  readonly #evaluation: EvaluationService;
  #ask: Ask;

  constructor(worlds: readonly World[], began: number, first: Ask) {
    this.#worlds = worlds;
    this.#ask = first;
    this.#instants = worlds.flatMap((world) => {
      const { values } = subjectOf(world.snapshot, world.user, world.organization);
      return [began, ...instantsToTry(world, values, began, Number.POSITIVE_INFINITY)];
    });
    const snapshot = () => this.#worlds[this.#ask.snapshot]!.snapshot;
    const keeper = {
      get snapshot() {
        return snapshot();
      },
      loaded: true,
      confirmedAgeMs: () => (this.#ask.stale === 'configuration' ? 10_000 : 0),
    } as ConfigurationKeeper;
    const clock = { now: () => this.#instants[this.#ask.at % this.#instants.length]! };
    const gate = { pass: async () => ({ users: {}, organizations: {} }) } as unknown as ConsistencyGate;
    const states = {
      users: sourceOf(() => ({ state: this.#world('user').user, stale: this.#ask.stale === 'user' })),
      organizations: sourceOf(() => ({
        state: this.#world('organization').organization ?? NONE,
        stale: this.#ask.stale === 'organization',
      })),
    } as unknown as StateSources;
    const views = new TargetViews({ keeper, states, gate, clock });
    this.#evaluation = new EvaluationService({ keeper, states, views, clock });
  }

  /** What is answered at once, as it may have been before, and what is decided for a call that demands the newest state. */
  async answers(ask: Ask) {
    this.#ask = ask;
    const list = async (full: boolean) => {
      const caller = PEOPLE[ask.person]!;
      const { userId, organizationId, roles } = caller;
      const context = { ...(organizationId && { organizationId }), ...(roles && { roles }) };
      const consistency = { consistencyToken: '', full };
      return this.#evaluation.list({ caller, requestId: '' }, { userId, context }, FORMS[ask.form]!, consistency);
    };
    const answers = { atOnce: await list(false), decided: await list(true) };
    return { ...answers, now: this.#instants[ask.at % this.#instants.length]! };
  }

  /** Which of the instants that matter this one is. */
  placeOf(at: number): number {
    return this.#instants.indexOf(at);
  }

  #world(part: 'user' | 'organization'): World {
    return this.#worlds[this.#ask[part]]!;
  }
}

const NONE = { ...unknownOrganization('pro'), earner: unknownEarner('pro') };

const sourceOf = (held: () => object) => ({
  peek: held,
  load: async (ids: readonly string[]) => new Map(ids.map((id) => [id, held()])),
});

it('are what would be decided again, whatever has changed since', async () => {
  let again = 0;
  const tags = new Map<string, string>();
  await fc.assert(
    fc.asyncProperty(fc.tuple(arbitraryWorld, arbitraryWorld), instant, arbitraryAsks, async (worlds, began, asks) => {
      const stand = new Stand(worlds, began, asks[0]!);
      let last: UserFlagsJson | undefined;
      for (const ask of asks) {
        const { atOnce, decided, now } = await stand.answers(ask);
        expect(shown(atOnce)).toEqual(shown(decided));
        // What time changes is followed a bounded way from when it was decided, so an earlier decision may have seen less far.
        const until = validUntil(decided);
        const tooFar = validUntil(atOnce).filter((kept, i) => kept <= now || kept > until[i]!);
        expect(tooFar).toEqual([]);
        for (const { text, etag } of [atOnce.told, decided.told]) {
          expect([tags.get(text) ?? etag, tags.get(etag) ?? text]).toEqual([etag, text]);
          tags.set(text, etag).set(etag, text);
        }
        if (atOnce.told === last) again++;
        last = atOnce.told;
      }
    }),
    { numRuns: 100 },
  );
  expect(again).toBeGreaterThan(25);
});

const GLOBAL = { isEnabledGlobally: true };

it.each(PARTS.filter((part) => part !== 'stale'))('are decided anew for another %s', async (part) => {
  const isManager = { all: [{ fact: 'roles', operator: 'contains', value: 'manager' }] };
  const byRole = { rules: [ruleOf('rul', { conditions: isManager })] };
  const flags = [flagOf('a', GLOBAL), flagOf('b', byRole), flagOf('c', { ...GLOBAL, startsAt: NOW + 1 }), flagOf('d')];
  const user = userOf({ id: 'u', organizationId: 'pro' });
  const worlds = [
    { snapshot: snapshotOf(flags), user, organization: NONE },
    {
      snapshot: snapshotOf([{ ...flags[0]!, name: 'after' }, ...flags.slice(1)]),
      user: { ...user, access: [rowOf('d', { userId: 'u' })] },
      organization: { ...NONE, access: [rowOf('d', { organizationId: 'pro' })] },
    },
  ];
  const ask: Ask = { snapshot: 0, user: 0, organization: 0, person: 0, form: 0, at: 0, stale: 'nothing' };
  const stand = new Stand(worlds, NOW, ask);
  const text = async (asked: Ask) => (await stand.answers(asked)).atOnce.told.text;
  const before = await text(ask);
  for (const asked of [ask, { ...ask, [part]: 1 }]) {
    expect(await text(asked)).toBe((await stand.answers(asked)).decided.told.text);
  }
  expect(await text({ ...ask, [part]: 1 })).not.toBe(before);
});

it('tell that of a count as valid for as long as was seen when it was decided, which is not as far as is seen a day later', async () => {
  const changesDaily = { all: [{ fact: 'emailVerified', operator: 'equal', value: { fact: 'daysSinceJoin' } }] };
  const met = { fact: 'metConditions', params: { segments: ['first'] }, operator: 'greaterThan', value: 0 };
  const snapshot = snapshotOf([flagOf('a', { rules: [ruleOf('rul', { conditions: { all: [met] } })] })], {
    segments: [segmentOf('first', changesDaily)],
  });
  const world = { snapshot, user: userOf({ id: 'u', joinedAt: NOW }), organization: NONE };
  const ask: Ask = { snapshot: 0, user: 0, organization: 0, person: 3, form: 1, at: 0, stale: 'nothing' };
  const stand = new Stand([world], NOW, ask);
  expect(validUntil((await stand.answers(ask)).atOnce)).toEqual([NOW + 100 * DAY_MS]);
  const later = await stand.answers({ ...ask, at: stand.placeOf(NOW + DAY_MS) });
  expect([validUntil(later.atOnce), validUntil(later.decided)]).toEqual([[NOW + 100 * DAY_MS], [NOW + 101 * DAY_MS]]);
});

/** Keeps an answer for each of three users, the last of them by a later snapshot; gives what could be held for these. */
function keptFor(room: KeptAnswers<string>): readonly WeakRef<object>[] {
  const [before, after] = [snapshotOf([]), snapshotOf([])];
  return ['a', 'b', 'c'].flatMap((id) => {
    const snapshot = id === 'c' ? after : before;
    const [user, organization] = [userOf({ id }), unknownOrganization('pro')];
    const basis = { snapshot, user, organization, context: {}, asked: FORMS };
    room.keep(basis, id, { from: 0, until: 1, bytes: 1 });
    expect([room.find(basis, 0), room.find({ ...basis, organization: undefined }, 0)]).toEqual([id, undefined]);
    return [user, organization, ...(id === 'b' ? [before] : [])].map((held) => new WeakRef<object>(held));
  });
}

it('hold no state, and no configuration but the last, for which nobody can ask again', async () => {
  const room = new KeptAnswers<string>();
  const held = keptFor(room);
  // What was looked at through a weak reference is held until the next turn of the event loop.
  await new Promise(setImmediate);
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
  expect(held.filter((one) => one.deref() !== undefined)).toEqual([]);
});

it('keep no answer that is very large', () => {
  const room = new KeptAnswers<string>();
  const basis = { snapshot: snapshotOf([]), user: userOf({}), organization: undefined, context: {}, asked: FORMS };
  const found = [1_000, 1_000_000].map((bytes) => {
    room.keep(basis, 'answer', { from: 0, until: 1, bytes });
    return room.find(basis, 0);
  });
  expect(found).toEqual(['answer', undefined]);
});
