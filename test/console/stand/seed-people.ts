import type { ConsoleServer } from './console-server.js';

const DAY_MS = 24 * 60 * 60_000;

/** What people may try with a name: markup, right-to-left marks, spaces that are none, great length. */
export const NASTY = `<img src=x onerror=alert(1)>\u202Etxt.exe/%2F?${'x'.repeat(140)}`;

/** People who stand differently to the same few flags, and what decides on each. */
export async function seedPeople(server: Pick<ConsoleServer, 'admin'>): Promise<void> {
  const flag = (key: string, body: object) => server.admin('PATCH', `/api/admin/flags/${key}`, body);
  const user = (id: string, body: object) => server.admin('PATCH', `/api/admin/users/${encodeURIComponent(id)}`, body);
  const daysAgo = (days: number) => new Date(Date.now() - days * DAY_MS + 3_600_000).toISOString();
  await server.admin('PUT', '/api/admin/stages', {
    stages: [{ name: 'invited' }, { name: 'profile' }, { name: 'active' }],
  });
  await server.admin('PATCH', '/api/admin/organizations/acme', { attributes: { plan: 'gold' } });
  const joined = { fact: 'daysSinceJoin', operator: 'greaterThanInclusive', value: 7 };
  const verified = { fact: 'emailVerified', operator: 'equal', value: true };
  await flag('dashboard', { name: 'Dashboard', is_enabled_globally: true });
  await flag('reports_tab', {
    name: 'Reports tab',
    delegated: true,
    prerequisites: [{ flag_key: 'dashboard' }],
    rules: [
      { id: 'week', name: 'After a week', policy: 'LATCHING', conditions: { all: [joined, verified] } },
      { id: 'beta', name: 'Beta', rollout: 1 },
    ],
  });
  await flag('export', {
    name: 'Export',
    rules: [{ conditions: { all: [{ fact: 'stage', operator: 'equal', value: 'active' }] } }],
  });
  await flag('export_pdf', {
    name: 'Export as PDF',
    prerequisites: [{ flag_key: 'export' }],
    is_enabled_globally: true,
  });
  await flag('new_checkout', { name: 'New checkout', rules: [{ id: 'part', name: 'A part', rollout: 1 }] });
  await flag('legacy', { name: 'Legacy', active: false, is_enabled_globally: true });
  await flag('summer', { name: 'Summer', is_enabled_globally: true, starts_at: '2099-06-01T00:00:00Z' });
  await flag('winter', { name: 'Winter', is_enabled_globally: true, ends_at: '2020-03-01T00:00:00Z' });
  await flag('admin_tools', { name: 'Admin tools', is_enabled_globally: true });
  await server.admin('PATCH', '/api/admin/flags/admin_tools/access', {
    access: [{ role: 'contractor', organization_id: 'acme', effect: 'DENY' }],
    comment: 'trial over',
  });
  await flag('first_steps', {
    name: 'First steps',
    rules: [{ id: 'seen', policy: 'LATCHING', conditions: { all: [verified] } }],
  });
  await user('ada', {
    organization_id: 'acme',
    roles: ['contractor', 'manager'],
    joined_at: daysAgo(4),
    email_verified: true,
    attributes: { plan: 'pro', seats: { used: 3, of: 5 }, name: '<b>Ada</b>' },
  });
  await user('grace', { organization_id: 'globex', roles: ['employee'], joined_at: daysAgo(40), email_verified: true });
  await user(NASTY, { roles: ['employee'], attributes: { note: NASTY } });
  await server.admin('PATCH', '/api/admin/users/ada/progress', { stage: 'invited' });
  await server.admin('PATCH', '/api/admin/users/ada/progress', { stage: 'profile' });
}
