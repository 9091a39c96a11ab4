import { expect, it } from '@jest/globals';
import { describeOnEachEngine } from './stands/engines.js';
import { machine, OPERATOR, person, type UseCaseStand } from './stands/use-case-stand.js';

const refused = (code: string, message: string) => ({ code, message: expect.stringContaining(message) });

describeOnEachEngine('finding organizations', (engine) => {
  const listed = async (stand: UseCaseStand, q = '', call = OPERATOR): Promise<readonly string[]> => {
    const ask = { q, countMembers: true, page: { limit: 100 } };
    return (await stand.services.finding.organizations(call, ask)).items.map(({ id, members }) => `${id} ${members}`);
  };

  it('lists those that are described, and those that users alone name', async () => {
    const stand = await engine.compose();
    await stand.services.organizations.set(OPERATOR, { id: 'acme', attributes: { plan: 'pro' }, comment: '' });
    await stand.services.users.identify(OPERATOR, { userId: 'ada', organizationId: 'acme' });
    await stand.services.users.identify(OPERATOR, { userId: 'grace', organizationId: 'acme%' });
    expect(await listed(stand)).toEqual(['acme 1', 'acme% 1']);
    expect(await listed(stand, 'acme%')).toEqual(['acme% 1']);
    expect(await listed(stand, 'Acme')).toEqual([]);
    await stand.services.organizations.get(OPERATOR, 'only-asked-for');
    await stand.services.organizationDeletion.delete(OPERATOR, { id: 'acme%', comment: 'gone' });
    expect(await listed(stand)).toEqual(['acme 1']);
  });

  it('tells those who are confined to an organization of that one alone', async () => {
    const stand = await engine.compose();
    for (const scope of ['identify', 'manage'] as const) {
      expect(await listed(stand, '', machine([scope], 'acme'))).toEqual(['acme 1']);
      expect(await listed(stand, 'a', machine([scope], 'ac'))).toEqual([]);
      expect(await listed(stand, 'acme', machine([scope], 'globex'))).toEqual([]);
    }
    await expect(listed(stand, '', machine(['evaluate']))).rejects.toMatchObject(refused('FORBIDDEN', 'identify'));
    const plain = person('ada', { organizationId: 'acme', roles: ['manager'] });
    await expect(listed(stand, '', plain)).rejects.toMatchObject(refused('FORBIDDEN', 'admin'));
  });

  it('refuses what no id could begin with', async () => {
    const stand = await engine.compose();
    for (const q of ['x'.repeat(129), 'a\0', 'a\ud800']) {
      await expect(listed(stand, q)).rejects.toMatchObject({ code: 'INVALID' });
    }
    for (const q of ['%', '_', '+', "'", '"', '\\', '👩', 'a '])
      expect(await listed(stand, q)).toEqual(q === 'a' ? ['acme 1'] : []);
  });
});
