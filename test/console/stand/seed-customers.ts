import type { ConsoleServer } from './console-server.js';

const DAY_MS = 24 * 60 * 60 * 1_000;

/** A customer with own roles, people in stages, a delegated flag, and one whose name would do harm where it became markup. */
export async function seedCustomers(server: Pick<ConsoleServer, 'admin'>): Promise<void> {
  const { admin } = server;
  await admin('PUT', '/api/admin/stages', {
    stages: ['signed_up', 'profile_setup', 'first_report', 'invited_team'].map((name) => ({ name })),
  });
  await admin('PATCH', '/api/admin/organizations/acme', {
    attributes: { plan: 'pro', seats: 40 },
    time_zone: 'Europe/Lisbon',
    roles: [
      { name: 'shift-lead', inherits: ['employee'] },
      { name: 'site-owner', inherits: ['manager'] },
    ],
  });
  await admin('PATCH', '/api/admin/organizations/globex', { strict_roles: true });
  await admin('PATCH', `/api/admin/organizations/${encodeURIComponent(NASTY)}`, {});
  await admin('PATCH', '/api/admin/flags/beta_reports', { name: 'Beta reports', delegated: true });
  await admin('PATCH', '/api/admin/flags/rosters', {
    name: 'Rosters',
    delegated: true,
    rules: [{ conditions: { all: [{ fact: 'roles', operator: 'contains', value: 'manager' }] } }],
  });
  await admin('PATCH', '/api/admin/flags/export', {
    name: 'Export',
    rules: [
      {
        name: 'ten reports',
        policy: 'LATCHING',
        conditions: {
          all: [
            { fact: 'stage', operator: 'equal', value: 'first_report' },
            { fact: 'actionCount', params: { action: 'report_created' }, operator: 'greaterThanInclusive', value: 10 },
          ],
        },
      },
    ],
  });
  await admin('PATCH', '/api/admin/flags/rosters/access', {
    access: [{ role: 'shift-lead', organization_id: 'acme', effect: 'ALLOW' }],
  });
  await admin('PATCH', '/api/admin/flags/payroll', { name: 'Payroll' });
  await admin('PATCH', '/api/admin/flags/payroll/access', { access: [{ role: 'manager', effect: 'ALLOW' }] });
  const joined_at = new Date(Date.now() - 20 * DAY_MS).toISOString();
  const people = [
    ['ada', ['admin'], 4],
    ['grace', ['manager'], 3],
    ['linus', ['shift-lead'], 2],
    ['edsger', ['shift-lead', 'night'], 2],
    ['barbara', ['employee'], 1],
    ['alan', [], 1],
  ] as const;
  const stages = ['signed_up', 'profile_setup', 'first_report', 'invited_team'];
  for (const [user, roles, reached] of people) {
    await admin('PATCH', `/api/admin/users/${user}`, { organization_id: 'acme', roles, joined_at });
    for (const stage of stages.slice(0, reached)) await admin('PATCH', `/api/user/progress?user_id=${user}`, { stage });
  }
  await admin('PATCH', `/api/admin/users/${'w'.repeat(191)}`, {
    organization_id: NASTY,
    roles: ['r'.repeat(64)],
    joined_at,
  });
  await admin('PATCH', '/api/admin/users/hedy', { organization_id: 'globex', roles: ['employee'], joined_at });
  await admin('PATCH', '/api/user/progress?user_id=hedy', { stage: 'signed_up' });
  await admin('PATCH', '/api/admin/actions', {
    actions: [
      { name: 'report_created', client_trackable: false },
      { name: 'tour_seen', client_trackable: true },
    ],
  });
  await admin(
    'POST',
    '/api/events?wait=true',
    [1, 2, 3].map((day) => ({
      id: `report-${day}`,
      user_id: 'linus',
      action: 'report_created',
      occurred_at: new Date(Date.now() - day * DAY_MS).toISOString(),
    })),
  );
}

/** An id as long as ids get, which would be markup where it were not text, and turns what follows it. */
export const NASTY = `<img src=x onerror=alert(1)>\u202Edesrever ${'long '.repeat(12)}`.trim().replaceAll(' ', '.');
