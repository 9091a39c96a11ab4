import type { ConsoleServer } from './console-server.js';

const DAY_MS = 24 * 60 * 60_000;

/** A small office: some people, who have done and reached something, and flags that some of them have. */
export async function seedOffice({ admin }: Pick<ConsoleServer, 'admin'>): Promise<void> {
  const flag = (key: string, body: object) => admin('PATCH', `/api/admin/flags/${key}`, body);
  await admin('PUT', '/api/admin/stages', { stages: [{ name: 'signed_up' }, { name: 'profile_setup' }] });
  await admin('PATCH', '/api/admin/organizations/acme', {
    roles: [{ name: 'shift-lead', inherits: ['employee'] }],
  });
  await flag('reports_tab', { name: 'Reports tab' });
  await flag('payroll', { name: 'Payroll', is_enabled_globally: true });
  await admin('PATCH', '/api/admin/flags/payroll/access', {
    access: [{ role: 'contractor', organization_id: 'acme', effect: 'DENY' }],
    comment: 'trial over',
  });
  await flag('rosters', { name: 'Rosters', delegated: true });
  await flag('checkout', { name: 'Checkout', rules: [{ id: 'all', rollout: 0 }] });
  const joined_at = new Date(Date.now() - 20 * DAY_MS).toISOString();
  const people = [
    ['ada', 'manager', 2, ['signed_up']],
    ['grace', 'employee', 4, ['signed_up', 'profile_setup']],
    ['linus', 'contractor', 0, ['signed_up']],
  ] as const;
  for (const [user, role, reports, stages] of people) {
    await admin('PATCH', `/api/admin/users/${user}`, { organization_id: 'acme', roles: [role], joined_at });
    for (const stage of stages) await admin('PATCH', `/api/admin/users/${user}/progress`, { stage });
    const events = Array.from({ length: reports }, (_, i) => ({
      ...{ id: `${user}-${i}`, user_id: user, action: 'report_created' },
    }));
    if (events.length > 0) await admin('POST', '/api/events?wait=true', events);
  }
}
