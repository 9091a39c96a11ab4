import { expect, it } from '@jest/globals';
import { describeOnEachEngine } from './stands/engines.js';
import { latching, machine, OPERATOR, type UseCaseStand } from './stands/use-case-stand.js';

const told = (warnings: readonly { readonly pointer: string; readonly message: string }[]) =>
  warnings.map(({ pointer, message }) => `${pointer}: ${message}`);

function attribute(name: string, operator: string, value: unknown) {
  return { fact: 'attribute', params: { name }, operator, value } as never;
}

async function setStages(stand: UseCaseStand, ...names: string[]) {
  const stages = names.map((name) => ({ name, selfSettable: true }));
  return stand.services.stages.set(OPERATOR, { stages, comment: 'why' });
}

describeOnEachEngine('what is stored and probably not meant is told', (engine) => {
  it('of attributes that conditions cannot compare as they are', async () => {
    const stand = await engine.compose();
    await stand.setFlag('reads', latching(attribute('since', 'before', '2026-01-01')));
    await stand.setFlag('reads2', latching(attribute('app', 'semverLessThan', '18.0')));
    await stand.setFlag('reads3', latching(attribute('dist', 'in', ['a', '2557'])));
    await stand.setFlag('reads4', latching(attribute('mail', 'contains', '@acme.com')));
    await stand.setFlag('reads5', latching(attribute('age', 'greaterThan', 9)));
    const nested = { fact: 'attribute', path: '$.plan.tier', operator: 'equal', value: 'pro' };
    await stand.setFlag('reads6', latching(nested as never));
    const set = {
      since: 1_748_736_000,
      app: 'next',
      dist: 2557,
      mail: 'a@acme.com',
      age: '10 apples',
      'plan.tier': 'pro',
    };
    const { warnings } = await stand.identify('ada', { attributes: { replace: false, set, remove: [] } });
    expect(told(warnings)).toEqual([
      expect.stringContaining(
        '/attributes/since: a condition reads it as milliseconds by "before", and 1748736000 looks like seconds',
      ),
      expect.stringContaining('/attributes/app: a condition reads it as a version'),
      expect.stringContaining(
        '/attributes/dist: a condition compares it with the text "2557", and 2557 is another value',
      ),
      expect.stringContaining('for texts there is "containsText"'),
      expect.stringContaining(
        '/attributes/age: a condition orders it as a number by "greaterThan", and "10 apples" is none',
      ),
      expect.stringContaining(
        '/attributes/plan.tier: a condition reads "$.plan.tier", a part of the attribute "plan"; an attribute of this name is $["plan.tier"]',
      ),
    ]);
    const sound = {
      since: '2025-06-01',
      app: '17.1',
      dist: '2557',
      mail: ['@acme.com'],
      age: '10',
      plan: { tier: 'pro' },
    };
    const again = await stand.identify('ada', { attributes: { replace: false, set: sound, remove: [] } });
    expect(again.warnings).toEqual([]);
    expect(await stand.on('ada')).toEqual(
      expect.arrayContaining(['reads', 'reads2', 'reads3', 'reads4', 'reads5', 'reads6']),
    );
    // Who is not to know the platform's rules is not told of them.
    const bound = machine(['identify'], 'acme');
    const foreign = await stand.services.users.identify(bound, {
      ...{ userId: 'bert', attributes: { replace: false, set, remove: [] } },
    });
    expect(foreign.warnings).toEqual([]);
  });

  it('of actions that are spelt nearly as one that rules read', async () => {
    const stand = await engine.compose();
    const count = { fact: 'actionCount', params: { action: 'report_created' }, operator: 'equal', value: 1 };
    await stand.setFlag('counts', latching(count as never));
    const events = ['report_created', 'Report_created', 'report_craeted', 'something_else'].map((action, i) => ({
      ...{ id: `${engine.name}-${i}`, user_id: 'ada', action },
    }));
    const tracked = await stand.track(events);
    expect(tracked).toMatchObject({ accepted: 4, rejected: [] });
    expect(told(tracked.warnings)).toEqual([
      '/events/1/action: no rule reads the action "Report_created" and nobody declared it; did you mean "report_created"?',
      '/events/2/action: no rule reads the action "report_craeted" and nobody declared it; did you mean "report_created"?',
    ]);
    await stand.services.actions.declare(OPERATOR, [{ name: 'Report_created', clientTrackable: false }], 'meant');
    expect(told((await stand.track(events)).warnings)).toHaveLength(1);
  });

  it('of stages that rules and segments read, and that the list leaves out', async () => {
    const stand = await engine.compose();
    await setStages(stand, 'welcome', 'setup', 'done');
    const { warnings } = await stand.setFlag('guide', latching({ fact: 'stage', operator: 'equal', value: 'setup' }));
    expect(told(warnings).join()).not.toContain('no stage');
    await expect(setStages(stand, 'welcome', 'done')).rejects.toMatchObject({
      code: 'CONFLICT',
      message: 'the stage "setup" is read by the flag "guide"; change them first',
    });
    // Without a list any name is a stage; a list that comes later may leave out what is read.
    await setStages(stand);
    const dropped = await setStages(stand, 'welcome', 'done');
    const gone = '/stages: the flag "guide" reads the stage "setup" in condition 1 of rule 1, which is not in the list';
    expect(told(dropped.warnings)).toEqual([gone]);
    // The same once more changes nothing, and is told again.
    expect(told((await setStages(stand, 'welcome', 'done')).warnings)).toEqual([gone]);
    expect((await setStages(stand, 'welcome', 'setup')).warnings).toEqual([]);
    expect((await setStages(stand)).warnings).toEqual([]);
  });

  it('of roles that nobody defines, and refused where roles are strict', async () => {
    const stand = await engine.compose();
    const { organizations } = stand.services;
    await organizations.set(OPERATOR, { id: 'free', roles: [{ name: 'auditor', inherits: [] }], comment: 'why' });
    await organizations.set(OPERATOR, { id: 'strict', strictRoles: true, comment: 'why' });
    const free = await stand.identify('cleo', { organizationId: 'free', roles: ['managr', 'auditor', 'pilot'] });
    expect(told(free.warnings)).toEqual([
      '/roles/0: the organization "free" defines no role "managr"; did you mean "manager"?',
    ]);
    const message =
      'the organization "strict" has no role "managr"; it has employee, manager, admin; did you mean "manager"?';

    await expect(stand.identify('dora', { organizationId: 'strict', roles: ['managr'] })).rejects.toMatchObject({
      code: 'INVALID',
      message,
    });
    const access = [
      { organizationId: 'strict', role: 'employee' },
      { organizationId: 'strict', role: 'managr' },
    ];
    await expect(stand.setFlag('rows', {}, { access })).rejects.toMatchObject({ code: 'INVALID', message });
    // One that stands there already can be removed.
    await expect(stand.setFlag('rows', {}, { removeAccess: access })).resolves.toBeDefined();
  });
});
