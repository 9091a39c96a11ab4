import { expect, it } from '@jest/globals';
import { describeOnEachEngine } from './stands/engines.js';
import { machine, OPERATOR, person, type UseCaseStand } from './stands/use-case-stand.js';

function setRows(stand: UseCaseStand, call: typeof OPERATOR, key: string, access: readonly object[]) {
  return stand.services.flags.set(call, {
    ...{ keyOrId: key, mustExist: true, input: {}, expectedVersion: undefined, onRuleChange: 'KEEP', comment: 'why' },
    ...{ access, removeAccess: [] },
  });
}

describeOnEachEngine('the flags of an organization', (engine) => {
  const list = async (stand: UseCaseStand, call = OPERATOR, id = 'acme') =>
    (await stand.services.organizationFlags.list(call, id, { limit: 100 })).items;

  it('are those that are delegated, with what each role gets by the platform, and in the end', async () => {
    const stand = await engine.compose();
    await stand.clear();
    await stand.services.organizations.set(OPERATOR, {
      ...{ id: 'acme', comment: '', roles: [{ name: 'lead', inherits: ['manager'] }] },
    });
    await stand.setFlag('kept', { clientVisible: true }, { access: [{ organizationId: 'acme' }] });
    await stand.setFlag('old', { delegated: true, archived: true });
    await stand.setFlag('rosters', { delegated: true }, { access: [{ role: 'manager' }] });
    await stand.setFlag('secret', { delegated: true }, { access: [{ organizationId: 'acme', effect: 'DENY' }] });
    const own = machine(['manage'], 'acme');
    await setRows(stand, own, 'rosters', [{ role: 'lead', effect: 'DENY' }, { role: 'employee' }]);
    await setRows(stand, own, 'secret', [{ organizationId: 'acme' }]);

    const verdicts = async (call = OPERATOR) =>
      (await list(stand, call)).map(({ flagKey, verdicts: of }) => [
        flagKey,
        ...of.map(({ role, platform, result }) => `${role}: ${platform.reason} ${result.reason} ${result.enabled}`),
      ]);
    const rosters = [
      ...[': DEFAULT DEFAULT false', 'employee: DEFAULT ROLE true', 'manager: ROLE ROLE true'],
      ...['admin: ROLE ROLE true', 'lead: ROLE DENIED false'],
    ];
    const roles = ['', 'employee', 'manager', 'admin', 'lead'];
    expect(await verdicts()).toEqual([
      ['rosters', ...rosters],
      ['secret', ...roles.map((role) => `${role}: DENIED DENIED false`)],
    ]);
    // That it is the platform that denies, people are not told.
    expect(await verdicts(own)).toEqual([
      ['rosters', ...rosters],
      ['secret', ...roles.map((role) => `${role}: DEFAULT DEFAULT false`)],
    ]);
    const rows = async (call = OPERATOR) =>
      (await list(stand, call)).map(({ ownRows, platformRows }) => [ownRows.length, platformRows.length]);
    expect(await rows()).toEqual([
      [2, 1],
      [1, 1],
    ]);
    expect(await rows(own)).toEqual([
      [2, 0],
      [1, 0],
    ]);
    expect((await list(stand, OPERATOR, 'globex')).map(({ ownRows }) => ownRows)).toEqual([[], []]);
  });

  it('are told as decisions are, and to nobody else', async () => {
    const stand = await engine.compose();
    await stand.clear();
    await stand.setFlag('rosters', { delegated: true, archived: false });
    await stand.identify('ada', { organizationId: 'acme', roles: ['admin'] });
    const [flag] = await list(stand);
    const asked = { flagKey: 'rosters', userId: 'ada', context: {}, consistencyToken: '', full: true };
    const { decision } = await stand.services.evaluation.evaluate(OPERATOR, asked);
    expect(flag!.verdicts.find(({ role }) => role === 'admin')!.result.reason).toBe(decision.reason);
    await expect(list(stand, machine(['manage'], 'globex'))).rejects.toMatchObject({ code: 'NOT_FOUND' });
    for (const call of [
      person('ada'),
      person('ada', { organizationId: 'acme', roles: ['manager'] }),
      machine(['identify']),
    ]) {
      await expect(list(stand, call)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    }
    expect(await list(stand, person('ada', { organizationId: 'acme', roles: ['admin'] }))).toHaveLength(1);
  });
});
