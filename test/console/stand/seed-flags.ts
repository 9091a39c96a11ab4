import type { ConsoleServer } from './console-server.js';

const atLeast = (action: string, value: number) => ({
  all: [{ fact: 'actionCount', params: { action }, operator: 'greaterThanInclusive', value }],
});

/** One flag of each state, as an operator would have them, and some that differ in length. */
export async function seedFlags(server: Pick<ConsoleServer, 'admin'>): Promise<void> {
  const put = (key: string, body: object) => server.admin('PATCH', `/api/admin/flags/${key}`, body);
  await put('dashboard', { name: 'Dashboard', is_enabled_globally: true, tags: ['web'], owner: 'growth' });
  await put('advanced_analytics', {
    name: 'Advanced analytics',
    tags: ['web', 'reports', 'paid'],
    owner: 'insights',
    rules: [{ name: '10 reports', policy: 'LATCHING', conditions: atLeast('report_created', 10) }],
  });
  await put('manager_tools', {
    name: 'Manager tools',
    owner: 'growth',
    rules: [{ conditions: { all: [{ fact: 'roles', operator: 'contains', value: 'manager' }] } }],
  });
  await put('reports_tab', {
    name: 'Reports tab',
    tags: ['web', 'reports'],
    rules: [
      {
        policy: 'LATCHING',
        conditions: { all: [{ fact: 'daysSinceJoin', operator: 'greaterThanInclusive', value: 7 }] },
      },
      { name: 'Beta', rollout: 5_000 },
    ],
  });
  await put('new_checkout', {
    name: 'New checkout',
    rules: [{ rollout: 25_000 }],
    tags: ['checkout'],
    owner: 'payments',
  });
  await put('summer_sale', {
    name: 'Summer sale',
    is_enabled_globally: true,
    starts_at: '2099-06-01T00:00:00Z',
    owner: 'shop',
  });
  await put('legacy_export', { name: 'Legacy export', active: false, description: 'Goes with the old reports.' });
  await put('old_banner', { name: 'Old banner', archived: true });
  await put('a_flag_with_quite_a_long_key_that_nobody_would_type_by_hand.but_that_a_build_makes', {
    name: 'A flag whose name is as long as names get when nobody edits them, and then some more words to be sure',
    description: 'Long.',
    tags: ['generated', 'a-tag-that-is-rather-long', 'third', 'fourth'],
    owner: 'the-team-with-the-long-name',
    rules: [
      {
        conditions: {
          any: [
            ...atLeast('report_created', 10).all,
            { fact: 'daysSinceJoin', operator: 'greaterThanInclusive', value: 30 },
            { fact: 'stage', operator: 'in', value: ['onboarded', 'active'] },
          ],
        },
      },
    ],
  });
}
