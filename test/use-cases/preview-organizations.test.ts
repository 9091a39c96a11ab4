import { beforeAll, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { FlagInput } from '../../src/core/flags/parse-flag.js';
import {
  type OrganizationGroups,
  PREVIEW_GROUPS,
  type PreviewCounts,
  type PreviewGroup,
} from '../../src/services/previewing/preview-event.js';
import { insist } from '../timing.js';
import { describeOnEachEngine } from './stands/engines.js';
import { settle } from './stands/preview-world.js';
import { previewed } from './stands/previewed.js';
import { atLeast, OPERATOR, type UseCaseStand } from './stands/use-case-stand.js';

/** Every organization with how many reports it has, and its members with how often each has logged in. */
const WORLD: readonly { readonly id: string; readonly reports: number; readonly logins: readonly number[] }[] = [
  { id: 'o-none', reports: 0, logins: [] },
  { id: 'o-one', reports: 1, logins: [1] },
  { id: 'o-two', reports: 2, logins: [0, 2] },
  { id: 'o-three', reports: 3, logins: [0, 1, 2] },
  { id: 'o-four', reports: 4, logins: [] },
  // Known by its members alone.
  { id: 'o-named', reports: 0, logins: [0, 3] },
  ...Array.from({ length: 12 }, (_, i) => ({ id: `o-${i}`, reports: i % 5, logins: [i % 3] })),
];
const memberId = (id: string, i: number): string => `${id}-member-${i}`;
const MEMBERS = WORLD.flatMap(({ id, logins }) => logins.map((_, i) => ({ id, userId: memberId(id, i) })));
const LONERS = ['loner-0', 'loner-1'];

const groupOf = (was: boolean, is: boolean): PreviewGroup =>
  was ? (is ? 'stayOn' : 'wouldLose') : is ? 'wouldUnlock' : 'stayOff';
const count = (groups: readonly PreviewGroup[]): PreviewCounts =>
  Object.fromEntries(PREVIEW_GROUPS.map((name) => [name, groups.filter((one) => one === name).length])) as never;
/** The groups without what samples say of rules. */
const told = (groups: OrganizationGroups | undefined) =>
  Object.fromEntries(
    PREVIEW_GROUPS.map((name) => {
      const { organizations, members, samples } = groups![name];
      const sampled = samples.map(({ organizationId, members }) => [organizationId, members] as const);
      return [name, { organizations, members, sampled: new Map(sampled) }];
    }),
  );

interface Draft {
  readonly policy: 'LATCHING' | 'LIVE';
  readonly value: number;
  readonly rollout: number;
  readonly onRuleChange: 'KEEP' | 'RELOCK';
}

describeOnEachEngine('a preview of organizations', (engine) => {
  let stand: UseCaseStand;
  let events = 0;
  beforeAll(async () => {
    stand = await engine.compose();
    await stand.setFlag('space', earned('LIVE', 2));
    const action = (user_id: string, action: string, more = {}) => ({ id: `p${events++}`, user_id, action, ...more });
    for (const { id, reports, logins } of WORLD) {
      if (id === 'o-none') await stand.services.organizations.set(OPERATOR, { id, comment: '' } as never);
      for (const [i, often] of logins.entries()) {
        await stand.identify(memberId(id, i), { organizationId: id });
        for (let n = 0; n < often; n++) await stand.track([action(memberId(id, i), 'login')]);
      }
      for (let n = 0; n < reports; n++) await stand.track([action('outsider', 'report', { organization_id: id })]);
    }
    for (const [i, userId] of LONERS.entries()) await stand.identify(userId, { emailVerified: i === 0 });
    await stand.drain();
  });

  const earned = (policy: 'LATCHING' | 'LIVE', value: number, more = {}): FlagInput => ({
    rules: [{ policy, earnedBy: 'ORGANIZATION', conditions: { all: [atLeast(value, 'report')] } as never, ...more }],
  });

  const isOn = async (userId: string, key: string, organizationId?: string): Promise<boolean> => {
    const context = organizationId === undefined ? {} : { organizationId };
    const input = { userId, context, flagKey: key, consistencyToken: '', full: true };
    return (await insist(async () => stand.services.evaluation.evaluate(OPERATOR, input))).decision.enabled;
  };

  /** Of every member and, as a stranger who says to be in it, of every organization: whether the flag is on. */
  const decisions = async (key: string) => {
    const organizations = new Map<string, boolean>();
    for (const { id } of WORLD) organizations.set(id, await isOn('nobody-at-all', key, id));
    const members = new Map<string, boolean>();
    for (const { userId } of MEMBERS) members.set(userId, await isOn(userId, key));
    return { organizations, members };
  };

  /** Previews a draft, saves it, and gives what was told and, of every member and organization, what came of it. */
  const saved = async (key: string, input: FlagInput, onRuleChange: 'KEEP' | 'RELOCK') => {
    const was = await decisions(key);
    const { result, events } = await previewed(stand, key, { input, onRuleChange });
    await stand.setFlag(key, input, { onRuleChange });
    await settle(stand);
    await stand.services.keeper.refresh();
    const is = await decisions(key);
    const groups = (kind: 'organizations' | 'members') =>
      new Map(Array.from(was[kind], ([id, on]) => [id, groupOf(on, is[kind].get(id)!)] as const));
    const [organizations, members] = [groups('organizations'), groups('members')];
    const membersOf = (ids: readonly string[]): PreviewCounts =>
      count(MEMBERS.filter(({ id }) => ids.includes(id)).map(({ userId }) => members.get(userId)!));
    return { result, events, organizations, members, membersOf };
  };

  it('says of every organization what saving the draft then does, and of its members', async () => {
    const seen = new Set<PreviewGroup>();
    const draft = fc.record({
      policy: fc.constantFrom('LATCHING' as const, 'LIVE' as const),
      value: fc.integer({ min: 0, max: 5 }),
      rollout: fc.constantFrom(100_000, 60_000),
      onRuleChange: fc.constantFrom('KEEP' as const, 'RELOCK' as const),
    });
    const law = async ({ policy, value, rollout, onRuleChange }: Draft) => {
      const made = await saved('space', earned(policy, value, { rollout }), onRuleChange);
      const { result, organizations, membersOf } = made;
      const expected = PREVIEW_GROUPS.map((name) => {
        const ids = [...organizations].flatMap(([id, group]) => (group === name ? [id] : []));
        if (ids.length > 0) seen.add(name);
        const sampled = new Map(ids.map((id) => [id, membersOf([id])]));
        return [name, { organizations: ids.length, members: membersOf(ids), sampled }];
      });
      expect(told(result.earners)).toEqual(Object.fromEntries(expected));
      expect(result.read).toBeUndefined();
      for (const name of PREVIEW_GROUPS) {
        for (const { rules, granted, servedBy, organizationId } of result.earners![name].samples) {
          const isOn = name === 'wouldUnlock' || name === 'stayOn';
          expect([organizationId, granted || rules.some(({ met }) => met)]).toEqual([organizationId, isOn]);
          if (name === 'wouldLose') expect(servedBy).toMatchObject({ met: true, earnedBy: 'ORGANIZATION' });
        }
      }
    };
    const change = fc.record({ from: draft, to: draft });
    const live = { policy: 'LIVE', rollout: 100_000, onRuleChange: 'KEEP' } as const;
    const [few, many] = [1, 3].map((value) => ({ ...live, value })) as [Draft, Draft];
    const turn = async ({ from, to }: { readonly from: Draft; readonly to: Draft }): Promise<void> => {
      // What was unlocked before is forgotten, or nothing would ever be lost again.
      await stand.setFlag('space', { rules: [] }, { onRuleChange: 'RELOCK' });
      await law(from);
      await law(to);
    };
    const examples: [{ from: Draft; to: Draft }][] = [[{ from: few, to: many }], [{ from: many, to: few }]];
    await fc.assert(fc.asyncProperty(change, turn), { numRuns: 8, endOnFailure: true, examples });
    expect(PREVIEW_GROUPS.filter((name) => !seen.has(name))).toEqual([]);
  }, 240_000);

  it('says of how many organizations members would gain and lose by what their organization has done', async () => {
    const seen = new Set<PreviewGroup>();
    const of = { of: 'organization' };
    const any = (...leaves: readonly object[]): FlagInput => ({
      rules: leaves.map((leaf) => ({ policy: 'LIVE', conditions: { all: [leaf].flat() } as never })),
    });
    await stand.setFlag('badge', any(atLeast(2, 'report', of)));
    const draft = fc.record({
      reports: fc.integer({ min: 1, max: 4 }),
      logins: fc.integer({ min: 0, max: 2 }),
      most: fc.integer({ min: 0, max: 2 }),
    });
    const law = async ({ reports, logins, most }: { reports: number; logins: number; most: number }) => {
      const few = { ...atLeast(most, 'login'), operator: 'lessThanInclusive' };
      const input = any(
        [atLeast(reports, 'report', of), atLeast(logins, 'login')] as never,
        [atLeast(4, 'report', of), few] as never,
      );
      const { result, events, members } = await saved('badge', input, 'KEEP');
      const expected = PREVIEW_GROUPS.map((name) => {
        const ids = WORLD.map(({ id }) => id).filter((id) =>
          MEMBERS.some((member) => member.id === id && members.get(member.userId) === name),
        );
        if (ids.length > 0) seen.add(name);
        const of = (some: readonly string[]) =>
          count(MEMBERS.filter(({ id }) => some.includes(id)).map(({ userId }) => members.get(userId)!));
        return [
          name,
          { organizations: ids.length, members: of(ids), sampled: new Map(ids.map((id) => [id, of([id])])) },
        ];
      });
      expect(told(result.read)).toEqual(Object.fromEntries(expected));
      expect(result.earners).toBeUndefined();
      const progress = events.flatMap((event) => (event.type === 'progress' ? [event.progress] : []));
      for (const { done, total } of progress) expect(done).toBeLessThanOrEqual(total);
    };
    const examples: [{ reports: number; logins: number; most: number }][] = [3, 1].map((reports) => [
      { reports, logins: 0, most: 0 },
    ]);
    await fc.assert(fc.asyncProperty(draft, law), { numRuns: 10, endOnFailure: true, examples });
    expect([...seen].toSorted()).toEqual([...PREVIEW_GROUPS].toSorted());
  }, 240_000);

  it('gives as many samples as are asked for, and of one organization that one alone', async () => {
    const { result } = await previewed(stand, 'space', { input: earned('LIVE', 1), sampleSize: 2 });
    const all = PREVIEW_GROUPS.map((name) => result.earners![name]);
    for (const { organizations, samples } of all) expect(samples).toHaveLength(Math.min(2, organizations));
    expect(all.reduce((sum, { organizations }) => sum + organizations, 0)).toBe(WORLD.length);
    const badge = await previewed(stand, 'badge', { sampleSize: 2 });
    for (const name of PREVIEW_GROUPS) {
      const { organizations, samples } = badge.result.read![name];
      expect(samples).toHaveLength(Math.min(2, organizations));
    }
    for (const key of ['space', 'badge']) {
      const { result } = await previewed(stand, key, { organizationId: 'o-three' });
      const groups = (result.earners ?? result.read)!;
      const ids = PREVIEW_GROUPS.flatMap((name) => groups[name].samples.map(({ organizationId }) => organizationId));
      expect(new Set(ids)).toEqual(new Set(['o-three']));
    }
  });

  it('says nothing of organizations where the flag reads nothing that they do', async () => {
    const { result } = await previewed(stand, 'plain', { input: { rules: [{ conditions: {} }] } });
    expect([result.earners, result.read]).toEqual([undefined, undefined]);
  });
});
