import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { durationBucket } from '../../core/values/duration-histogram.js';
import { weekNumber } from '../../core/values/time/joining-week.js';
import { DAY_MS } from '../../core/values/time/time.js';
import type { StageCount, StageCountsRequest } from '../onboarding-store.js';
import type { Store } from '../store.js';
import { unique } from './samples.js';

/** What happens to a user of the property; `who` and `to` are reduced to what there is. */
interface Step {
  readonly kind: 'stage' | 'organization' | 'joining' | 'leave' | 'delete' | 'nothing';
  readonly who: number;
  readonly to: number;
  readonly afterMs: number;
}

const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom('stage', 'stage', 'stage', 'organization', 'joining', 'leave', 'delete', 'nothing'),
  who: fc.nat(),
  to: fc.nat(),
  afterMs: fc.integer({ min: 0, max: 40 * DAY_MS }),
});

/** What is known of a user, from which all that is counted follows. */
interface Person {
  organizationId: string;
  joinedAt: number | undefined;
  stage: string;
  readonly reached: Map<string, { readonly at: number; leftAt?: number }>;
}

const nobody = (): Person => ({ organizationId: '', joinedAt: undefined, stage: '', reached: new Map() });

export function onboardingContract(store: () => Store): void {
  const put = async (userId: string, stage: string, changedAt: number): Promise<void> => {
    await store().transaction(async (tx) => {
      await tx.users.lock([userId]);
      await tx.users.putStage(userId, { stage, changedAt });
      await tx.users.advance([userId]);
    });
  };
  const identify = async (userId: string, { organizationId, joinedAt }: Person): Promise<void> => {
    const profile = { roles: [], emailVerified: false, attributes: {}, identified: true };
    await store().transaction(async (tx) => {
      await tx.users.lock([userId]);
      await tx.users.putProfiles([
        { ...profile, userId, organizationId, ...(joinedAt === undefined ? {} : { joinedAt }) },
      ]);
      await tx.users.advance([userId]);
    });
  };
  const make = async (userId: string, person: Person, { kind, to, afterMs }: Step, at: number, names: Names) => {
    const { stages, organizations, weeks } = names;
    if (kind === 'stage') {
      const stage = stages[to % stages.length]!;
      if (stage === person.stage) return;
      await put(userId, stage, at + afterMs);
      const left = person.reached.get(person.stage);
      if (left !== undefined && left.leftAt === undefined) left.leftAt = at + afterMs;
      if (!person.reached.has(stage)) person.reached.set(stage, { at: at + afterMs });
      person.stage = stage;
    } else if (kind === 'organization' || kind === 'joining') {
      if (kind === 'organization') person.organizationId = organizations[to % organizations.length]!;
      else person.joinedAt = weeks[to % weeks.length];
      await identify(userId, person);
    } else if (kind === 'leave') {
      person.organizationId = '';
      await store().transaction(async (tx) => {
        await tx.users.lock([userId]);
        await tx.users.leave([userId]);
      });
    } else if (kind === 'delete') {
      Object.assign(person, nobody());
      person.reached.clear();
      for (let removed = 1; removed > 0; ) {
        removed = await store().transaction(async (tx) => {
          await tx.users.lock([userId]);
          return tx.users.remove(userId, { at, limit: 1 });
        });
      }
    }
  };

  it('counts as one would who looks at all users, whatever happened to them', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 15, maxLength: 30 }), async (steps) => {
        const names = namesOf();
        const people = Array.from({ length: 4 }, (): [string, Person] => [unique('person'), nobody()]);
        for (const [i, one] of steps.entries()) {
          const [userId, person] = people[one.who % people.length]!;
          await make(userId, person, one, i * 50 * DAY_MS, names);
        }
        const all = people.map(([, person]) => person);
        for (const organizationId of ['', ...names.organizations.slice(1)]) {
          const joined: StageCountsRequest['joined'][] = ['all', 'unknown', { from: WEEKS[0]!, to: WEEKS.at(-1)! }];
          for (const weeks of joined) {
            const counts = await store().onboarding.counts({ organizationId, joined: weeks, stages: names.stages });
            expect(counts.map(plain).toSorted()).toEqual(countedAnew(all, organizationId, weeks));
          }
          if (organizationId === '') continue;
          const { stages } = names;
          const told = countedAnew(all, organizationId, 'all').map((text) => JSON.parse(text));
          // Of what nobody has reached any more, nothing is left.
          const counted = await store().onboarding.stagesCounted(organizationId, 10);
          expect(counted).toEqual(told.map(([, stage]) => stage).toSorted());
          expect(await store().onboarding.stagesCounted(organizationId, 1)).toEqual(counted.slice(0, 1));
          const broken = await store().onboarding.breakdown({ organizationIds: [organizationId, 'nobody'], stages });
          const reach = told.map(([, stage, reached, now]) => ({ stage, reached, now }));
          expect(broken.get(organizationId)?.toSorted(byStage) ?? []).toEqual(reach.toSorted(byStage));
          expect(broken.has('nobody')).toBe(false);
        }
      }),
      { numRuns: 25 },
    );
  });

  it('counts exactly where many move at once', async () => {
    const { stages } = namesOf();
    const users = Array.from({ length: 24 }, () => unique('mover'));
    await Promise.all(
      users.map(async (userId, i) => {
        for (let at = 0; at < 6; at++) await put(userId, stages[(i + at) % 3]!, at * 1_000);
      }),
    );
    const counts = await store().onboarding.counts({ organizationId: '', joined: 'unknown', stages });
    for (const stage of stages) {
      const { reached, now, stays } = counts.find((count) => count.stage === stage)!;
      expect({ reached, now }).toEqual({ reached: 24, now: 8 });
      expect(stays).toEqual(new Map([[0, 24]]));
    }
  });

  it('has counted everybody in a new database', async () => {
    expect(await store().onboarding.countSome(10)).toBe(false);
    expect(await store().onboarding.isWhole()).toBe(true);
  });

  it('pages through those who are stuck, of all or of an organization', async () => {
    const { stages, organizations } = namesOf();
    const [stage, organizationId] = [stages[0]!, organizations[1]!];
    const users = Array.from({ length: 12 }, (_, i) => ({ userId: unique('stuck'), enteredAt: Math.floor(i / 3) }));
    for (const [i, { userId, enteredAt }] of users.entries()) {
      if (i % 2 === 0) await identify(userId, { ...nobody(), organizationId });
      await put(userId, stage, enteredAt);
    }
    await put(unique('elsewhere'), stages[1]!, 0);
    const pages = async (organization: string, limit: number): Promise<readonly string[]> => {
      const found: string[] = [];
      for (let after: string | undefined; ; ) {
        const request = { stage, organizationId: organization, enteredBy: 2, limit };
        const page = await store().onboarding.stuck({ ...request, ...(after === undefined ? {} : { after }) });
        found.push(...page.items.map(({ userId }) => userId));
        if (page.next === undefined) return found;
        after = page.next;
      }
    };
    const expected = users
      .filter(({ enteredAt }) => enteredAt <= 2)
      .toSorted((a, b) => a.enteredAt - b.enteredAt || (a.userId < b.userId ? -1 : 1));
    const own = expected.filter(({ userId }) => users.findIndex((user) => user.userId === userId) % 2 === 0);
    for (const limit of [1, 2, 5, 100]) {
      expect(await pages('', limit)).toEqual(expected.map(({ userId }) => userId));
      expect(await pages(organizationId, limit)).toEqual(own.map(({ userId }) => userId));
    }
    const counted = (organization: string, limit: number) =>
      store().onboarding.countStuck({ stage, organizationId: organization, enteredBy: 2, limit });
    expect([await counted('', 100), await counted('', 2)]).toEqual([expected.length, 2]);
    expect(await counted(organizationId, 100)).toBe(own.length);
  });
}

interface Names {
  readonly stages: readonly string[];
  readonly organizations: readonly string[];
  readonly weeks: readonly (number | undefined)[];
}

const JOINED = ['2026-01-04', '2026-01-05', '2026-03-01'].map((day) => Date.parse(day));
const WEEKS = JOINED.map(weekNumber);

function namesOf(): Names {
  const own = unique('onboarding');
  return {
    stages: ['a', 'A', 'b'].map((name) => `${own} ${name}`),
    organizations: ['', `${own} x`, `${own} y`],
    weeks: [undefined, ...JOINED],
  };
}

function byStage(one: { readonly stage: string }, other: { readonly stage: string }): number {
  return one.stage < other.stage ? -1 : 1;
}

function plain({ week, stage, reached, now, stays }: StageCount): string {
  return JSON.stringify([week ?? null, stage, reached, now, [...stays].sort(([a], [b]) => a - b)]);
}

/** The counts from all that is known of everybody. */
function countedAnew(
  people: readonly Person[],
  organizationId: string,
  joined: StageCountsRequest['joined'],
): readonly string[] {
  const counts = new Map<string, { -readonly [K in keyof StageCount]: StageCount[K] }>();
  for (const person of people) {
    if (organizationId !== '' && person.organizationId !== organizationId) continue;
    const joinedIn = person.joinedAt === undefined ? undefined : weekNumber(person.joinedAt);
    if (joined !== 'all' && (joined === 'unknown') !== (joinedIn === undefined)) continue;
    const week = typeof joined === 'string' ? undefined : joinedIn;
    for (const [stage, { at, leftAt }] of person.reached) {
      const key = JSON.stringify([week, stage]);
      const count = counts.get(key) ?? { week, stage, reached: 0, now: 0, stays: new Map<number, number>() };
      counts.set(key, count);
      count.reached += 1;
      count.now += Number(person.stage === stage);
      if (leftAt === undefined) continue;
      const bucket = durationBucket(leftAt - at);
      count.stays = new Map([...count.stays, [bucket, (count.stays.get(bucket) ?? 0) + 1]]);
    }
  }
  const texts: readonly string[] = Array.from(counts.values(), plain);
  return texts.toSorted();
}
