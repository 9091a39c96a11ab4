import { beforeAll, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Decision } from '../../src/core/deciding/decision.js';
import type { Flag } from '../../src/core/flags/flag.js';
import type { RuleRequirement } from '../../src/core/requirements/requirement.js';
import {
  PREVIEW_GROUPS,
  type PreviewGroup,
  type PreviewResult,
  type PreviewSample,
} from '../../src/services/previewing/preview-event.js';
import { describeOnEachEngine } from './stands/engines.js';
import { arbitraryCase, PEOPLE, type PreviewCase, populate, settle } from './stands/preview-world.js';
import { previewed } from './stands/previewed.js';
import { decided, OPERATOR, type UseCaseStand } from './stands/use-case-stand.js';

async function decisions(stand: UseCaseStand, flagKey: string): Promise<ReadonlyMap<string, Decision>> {
  const targets = PEOPLE.map((userId) => ({ userId, context: {} }));
  const input = { targets, flagKeys: [flagKey], consistencyToken: '', full: true };
  const results = await decided(stand.services, OPERATOR, input);
  return new Map(results.map(({ userId, decisions }) => [userId, decisions[0]!.decision]));
}

const timeless = ({ validUntil, ...decision }: Decision) => decision;
const withoutIds = (rules: readonly RuleRequirement[]) => rules.map(({ ruleId, ...rule }) => rule);

function everybody(result: PreviewResult): ReadonlyMap<string, { group: PreviewGroup; sample: PreviewSample }> {
  const all = PREVIEW_GROUPS.flatMap((group) => result.samples[group].map((sample) => ({ group, sample })));
  return new Map(all.map((one) => [one.sample.userId, one]));
}

describeOnEachEngine('a preview', (engine) => {
  let stand: UseCaseStand;
  beforeAll(async () => {
    stand = await engine.compose();
    await populate(stand);
  });

  /** Makes the flags of a case; gives the target with its rules' ids. */
  const make = async ({ keys, flags, access, byHand }: PreviewCase): Promise<Flag> => {
    await stand.setFlag(keys.first, flags.first);
    await stand.setFlag(keys.required, flags.required);
    const { flag } = await stand.setFlag(keys.target, flags.target, { access });
    await settle(stand);
    for (const [i, { userId, kind }] of byHand.entries()) {
      const ruleId = i % 2 === 0 ? '' : (flag.rules[0]?.id ?? '');
      const input = { userId, flag: flag.key, ruleId, reason: 'a try' };
      await stand.services.ledger[kind](OPERATOR, input);
    }
    return flag;
  };

  it('says of everybody what saving the draft then does', async () => {
    const groups = new Map<PreviewGroup, number>();
    const law = async (one: PreviewCase): Promise<void> => {
      const { keys, onRuleChange, rows } = one;
      const existing = await make(one);
      const input = one.draft(existing.rules.map(({ id }) => id));
      const was = await decisions(stand, keys.target);
      const { result } = await previewed(stand, keys.target, { input, onRuleChange, ...rows });

      const { flag } = await stand.setFlag(keys.target, input, { onRuleChange, ...rows });
      await settle(stand);
      const is = await decisions(stand, keys.target);
      const told = everybody(result);
      const isNew = (id: string): boolean => !existing.rules.some((rule) => rule.id === id);
      const made = flag.rules.map(({ id }) => id).filter(isNew);
      const realId = (id: string): string => made[Number(/^rul_draft_(\d+)$/.exec(id)?.[1]) - 1] ?? id;
      for (const userId of PEOPLE) {
        const { group, sample } = told.get(userId)!;
        const [before, after] = [was.get(userId)!, is.get(userId)!];
        const expected = before.enabled
          ? after.enabled
            ? 'stayOn'
            : 'wouldLose'
          : after.enabled
            ? 'wouldUnlock'
            : 'stayOff';
        expect([userId, group]).toEqual([userId, expected]);
        expect(timeless(sample.before)).toEqual(timeless(before));
        const { decision } = sample.after;
        expect({ ...timeless(decision), ruleId: realId(decision.ruleId) }).toEqual(timeless(after));
        groups.set(group, (groups.get(group) ?? 0) + 1);
      }
      for (const group of PREVIEW_GROUPS) expect(result.samples[group]).toHaveLength(result.counts[group]);
      for (const userId of PEOPLE.slice(0, 6)) {
        const asked = { userId, flagKey: keys.target, consistencyToken: '', full: true };
        const { requirements } = await stand.services.requirements.get(OPERATOR, asked);
        const { after } = told.get(userId)!.sample;
        expect(withoutIds(after.rules)).toEqual(withoutIds(requirements.rules));
        expect(after.blockedBy.map(({ reason }) => reason)).toEqual(requirements.blockedBy.map(({ reason }) => reason));
        expect(after.granted).toBe(requirements.granted);
      }
      for (const key of [keys.target, keys.required, keys.first])
        await stand.setFlag(key, { archived: true, rules: [] });
    };
    await fc.assert(fc.asyncProperty(arbitraryCase, law), { numRuns: 20, endOnFailure: true });
    // A generator that never brings about one of the four would prove nothing of it.
    expect(PREVIEW_GROUPS.filter((group) => (groups.get(group) ?? 0) === 0)).toEqual([]);
  }, 240_000);
});
