import { type ClientReadableStream, credentials, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AdminServiceClient } from '../../../../test/gen/latchkey/v1/admin_service.js';
import { Reason } from '../../../../test/gen/latchkey/v1/evaluation.js';
import { FeatureFlag_Type, Rule_Policy, SetFlagRequest_OnRuleChange } from '../../../../test/gen/latchkey/v1/flag.js';
import {
  type DeepPartial,
  PreviewResult_Blocked,
  PreviewRuleRequest,
  type PreviewRuleResponse,
} from '../../../../test/gen/latchkey/v1/preview.js';
import { busy } from '../../../../test/timing.js';
import { type DoorStand, openDoorStand } from '../../../grpc/testing/door-stand.js';
import type { UserPages } from '../../../store/user-pages.js';

type Asked = DeepPartial<PreviewRuleRequest>;

const verified = { all: [{ fact: 'emailVerified', operator: 'equal', value: true }] };

let stand: DoorStand;
let client: AdminServiceClient;
/** What reading a page of users waits for. */
let beforePage: Promise<void> = Promise.resolve();

beforeAll(async () => {
  stand = await openDoorStand();
  client = new AdminServiceClient(stand.latchkey.grpcAddress, credentials.createInsecure());
  const { userPages } = stand.latchkey.store;
  const { read } = userPages;
  const waiting: UserPages['read'] = (request) => beforePage.then(() => read(request));
  Object.assign(userPages, { read: waiting });
  for (const userId of ['ada', 'bob', 'cyd']) await stand.admin.identify({ userId, emailVerified: userId === 'ada' });
  await stand.admin.setFlag({ flag: { key: 'tools', rules: [{ conditions: verified }] } });
});
afterAll(async () => {
  client.close();
  await stand.close();
});

function preview(request: Asked, secret = stand.latchkey.adminSecret) {
  const metadata = new Metadata();
  metadata.set('authorization', `Bearer ${secret}`);
  const call: ClientReadableStream<PreviewRuleResponse> = client.previewRule(
    PreviewRuleRequest.fromPartial(request),
    metadata,
    { deadline: Date.now() + busy(10_000) },
  );
  const events: PreviewRuleResponse['event'][] = [];
  call.on('data', ({ event }: PreviewRuleResponse) => void events.push(event));
  const ended = new Promise<ServiceError | undefined>((resolve) => {
    call.on('error', resolve).on('end', () => setImmediate(resolve, undefined));
  });
  const result = async () => {
    const failure = await ended;
    if (failure !== undefined) throw failure;
    const last = events.at(-1);
    if (last?.$case !== 'result') throw new Error('there is no result');
    return last.value;
  };
  const begun = new Promise<void>((resolve) => call.once('data', () => resolve()));
  return { call, events, ended, begun, result };
}

function gate(): () => void {
  let open = (): void => undefined;
  beforePage = new Promise((resolve) => {
    open = resolve;
  });
  return () => open();
}

describe('PreviewRule', () => {
  it('tells what changing a segment comes to for a flag, and refuses what SetSegment would', async () => {
    await stand.admin.setSegment({ segment: { key: 'known', conditions: verified } });
    await stand.admin.setFlag({ flag: { key: 'by_segment', rules: [{ conditions: { condition: 'known' } }] } });
    const segment = { key: 'known', conditions: { not: verified.all[0] } };
    const { counts, wouldLose } = await preview({ flag: { key: 'by_segment' }, segment }).result();
    expect(counts).toEqual({ wouldUnlock: 2, wouldLose: 1, stayOn: 0, stayOff: 0 });
    expect(wouldLose.map(({ userId }) => userId)).toEqual(['ada']);
    const circle = preview({
      flag: { key: 'by_segment' },
      segment: { key: 'known', conditions: { condition: 'known' } },
    });
    expect(await circle.ended).toMatchObject({ code: status.INVALID_ARGUMENT });
  });

  it('sends progress, then counts and samples with their reasons', async () => {
    const asked = preview({ flag: { key: 'tools' }, rule: { policy: Rule_Policy.LATCHING, rollout: 100_000 } });
    const result = await asked.result();
    expect(asked.events[0]).toMatchObject({ $case: 'progress', value: { done: 0, total: 3, timeLeft: undefined } });
    expect(result).toMatchObject({
      counts: { wouldUnlock: 2, wouldLose: 0, stayOn: 1, stayOff: 0 },
      blocked: PreviewResult_Blocked.BLOCKED_UNSPECIFIED,
      stayOn: [
        {
          userId: 'ada',
          before: { flagKey: 'tools', enabled: true, reason: Reason.REASON_RULE, flagVersion: 1 },
          after: { flagKey: 'tools', enabled: true, reason: Reason.REASON_RULE, flagVersion: 2 },
          rules: [{ met: true, requirement: { children: [{ fact: 'emailVerified', current: true }] } }, { met: true }],
        },
      ],
    });
    for (const { before, after, rules } of result.wouldUnlock) {
      expect(before).toMatchObject({ enabled: false, reason: Reason.REASON_DEFAULT });
      expect(after).toMatchObject({ reason: Reason.REASON_UNLOCKED, ruleId: 'rul_draft_1' });
      expect(rules).toMatchObject([{ met: false }, { met: true, ruleId: 'rul_draft_1', unlocked: true }]);
    }
    expect(Math.abs(result.asOf!.getTime() - Date.now())).toBeLessThan(60_000);
    const { flag } = await stand.admin.getFlag({ flag: 'tools' });
    expect(flag).toMatchObject({ version: 1, rules: [{ conditions: verified }] });
  });

  it('leaves values out of samples, so that large variants fit into the answer', async () => {
    const large = { text: 'x'.repeat(60_000) };
    const variants = [
      { key: 'large', value: large },
      { key: 'off', value: large },
    ];
    const flag = { key: 'large', type: FeatureFlag_Type.JSON, variants, offVariant: 'off' };
    const distribution = [{ variant: 'large', weight: 1 }];
    const { stayOff } = await preview({ flag: { ...flag, distribution } }).result();
    expect(stayOff).toHaveLength(3);
    for (const { after } of stayOff) expect(after).toMatchObject({ variant: 'off', value: undefined });
    await stand.admin.setFlag({ flag: { ...flag, distribution } });
    const saved = await preview({ flag: { key: 'large' }, sampleSize: 100 }).result();
    for (const { before } of saved.stayOff) expect(before).toMatchObject({ variant: 'off', value: undefined });
  });

  it('takes what SetFlag takes: masks, ids, RELOCK, switches', async () => {
    const { flag } = await stand.admin.getFlag({ flag: 'tools' });
    const off = await preview({ flag: { id: flag!.id, active: false }, updateMask: ['active'] }).result();
    expect(off.blocked).toBe(PreviewResult_Blocked.DISABLED);
    expect(off.wouldLose).toMatchObject([
      { userId: 'ada', servedBy: { ruleId: flag!.rules[0]!.id, met: true }, blockedBy: [{ reason: 1 }] },
    ]);
    const cleared = await preview({
      flag: { key: 'tools' },
      updateMask: ['rules'],
      onRuleChange: SetFlagRequest_OnRuleChange.RELOCK,
      sampleSize: 0,
    }).result();
    expect(cleared).toMatchObject({ counts: { wouldLose: 1, stayOff: 2 }, wouldLose: [], stayOff: [] });
    const startsAt = new Date(Date.now() + 3_600_000);
    const later = await preview({ flag: { key: 'tools', startsAt }, organizationId: 'acme' }).result();
    expect(later).toMatchObject({ blocked: PreviewResult_Blocked.SCHEDULE, blockedUntil: startsAt });
    expect(later.counts).toEqual({ wouldUnlock: 0, wouldLose: 0, stayOn: 0, stayOff: 0 });
  });

  it('knows rules again as SetFlag does, so that what it tells of them comes true', async () => {
    const never = { all: [{ fact: 'role', operator: 'equal', value: 'nobody' }] };
    const latching = { policy: Rule_Policy.LATCHING, conditions: verified };
    await stand.admin.setFlag({
      flag: {
        key: 'known',
        rules: [
          { name: 'x', ...latching },
          { id: 'mine', ...latching, rollout: 0 },
        ],
      },
    });
    const { flag } = await stand.admin.getFlag({ flag: 'known' });
    // By its name the first one is still the one that ada unlocked by; the third takes the id that is chosen for it.
    const rules = [{ name: 'x', ...latching, conditions: never }, { ...latching, rollout: 0 }, { id: 'third' }];
    for (const emailVerified of [false, true]) await stand.admin.identify({ userId: 'ada', emailVerified });
    const draft = { flag: { key: 'known', rules } };
    const { counts, stayOn, wouldUnlock } = await preview(draft).result();
    expect(counts).toEqual({ wouldUnlock: 2, wouldLose: 0, stayOn: 1, stayOff: 0 });
    const ids = [flag!.rules[0]!.id, 'mine', 'third'];
    expect(stayOn[0]).toMatchObject({ userId: 'ada', after: { ruleId: ids[0], reason: Reason.REASON_UNLOCKED } });
    for (const { rules } of [...stayOn, ...wouldUnlock]) expect(rules.map(({ ruleId }) => ruleId)).toEqual(ids);
    const saved = await stand.admin.setFlag(draft);
    expect(saved.flag?.rules.map(({ id }) => id)).toEqual(ids);
    const again = await preview({ ...draft, onRuleChange: SetFlagRequest_OnRuleChange.RELOCK }).result();
    expect(again.counts).toEqual({ wouldUnlock: 0, wouldLose: 0, stayOn: 3, stayOff: 0 });
    const one = await preview({ flag: { key: 'known' }, rule: { id: 'fourth' }, position: 0 }).result();
    expect(one.stayOn[0]?.rules.map(({ ruleId }) => ruleId)).toEqual(['fourth', ...ids]);
  });

  it('refuses a bad draft before the first event', async () => {
    const refused: readonly (readonly [Asked, status, string])[] = [
      [{}, status.INVALID_ARGUMENT, 'flag is missing'],
      [{ flag: { key: 'tools' }, position: 0 }, status.INVALID_ARGUMENT, 'position is the place of rule'],
      [{ flag: { key: 'tools' }, rule: { policy: 7 as never } }, status.INVALID_ARGUMENT, 'rule/policy 7'],
      [{ flag: { key: 'tools' }, rule: { id: 'rul_x' } }, status.INVALID_ARGUMENT, 'has no rule "rul_x"'],
      [{ flag: { id: 'flg_x' } }, status.NOT_FOUND, 'no flag "flg_x"'],
      [{ flag: { key: 'tools' }, sampleSize: 1000 }, status.INVALID_ARGUMENT, 'sample_size is 0 to 100, not 1000'],
      [
        { flag: { key: 'tools' }, rule: { conditions: { all: [{ fact: 'x', operator: 'equal', value: 1 }] } } },
        status.INVALID_ARGUMENT,
        '/rules/1/conditions/all/0/fact',
      ],
    ];
    for (const [request, code, words] of refused) {
      const { ended, events } = preview(request);
      const failure = await ended;
      expect([failure?.code, failure?.details]).toEqual([code, expect.stringContaining(words)]);
      expect(events).toEqual([]);
    }
  });

  it('refuses a third at once, and takes another when a client has gone', async () => {
    const open = gate();
    const [first, second] = [preview({ flag: { key: 'tools' } }), preview({ flag: { key: 'tools' } })];
    await Promise.all([first.begun, second.begun]);
    expect((await preview({ flag: { key: 'tools' } }).ended)?.code).toBe(status.RESOURCE_EXHAUSTED);
    first.call.cancel();
    expect((await first.ended)?.code).toBe(status.CANCELLED);
    open();
    expect((await second.result()).counts).toMatchObject({ stayOn: 1 });
    expect((await preview({ flag: { key: 'tools' } }).result()).counts).toMatchObject({ stayOn: 1 });
  });

  it('ends with UNAVAILABLE when the server stops', async () => {
    const open = gate();
    const { begun, ended } = preview({ flag: { key: 'tools' } });
    await begun;
    const stopped = stand.latchkey.close();
    expect((await ended)?.code).toBe(status.UNAVAILABLE);
    open();
    await stopped;
  });
});
