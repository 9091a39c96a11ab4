import type { ConsoleServer } from './console-server.js';

/** Names as long as they may be, of letters alone, of words, and one that would be markup where it were not text. */
export const LONG = {
  flag: `${'k'.repeat(50)}_${'z'.repeat(12)}`,
  segment: `${'s'.repeat(50)}_${'z'.repeat(12)}`,
  person: `user-${'9'.repeat(180)}`,
  organization: 'o'.repeat(120),
  role: 'r'.repeat(64),
};

const NAME = `${'A very long name that somebody has pasted from a ticket '.repeat(5).slice(0, 254).trim()}`;
const MARKUP = '<img src=x onerror=alert(1)> \u202Eevil \u2067abc';
const REASON = 'w'.repeat(500);

/** Things and people whose names, reasons and values are as long as they may be, beside short ones. */
export async function seedLong({ admin }: Pick<ConsoleServer, 'admin'>): Promise<void> {
  const { flag, segment, person, organization, role } = LONG;
  const verified = { fact: 'emailVerified', operator: 'equal', value: true };
  const reports = { fact: 'actionCount', params: { action: 'report_created' }, operator: 'greaterThanInclusive' };
  const deep = { any: [verified, { not: { all: [{ any: [{ ...reports, value: 3 }, verified] }, verified] } }] };
  await admin('PATCH', `/api/admin/segments/${segment}`, { name: NAME, conditions: { all: [verified] } });
  await admin('PATCH', `/api/admin/organizations/${organization}`, {
    attributes: { plan: 'enterprise', note: 'z'.repeat(500) },
    roles: [
      { name: role, inherits: ['employee'] },
      { name: 'night-shift', inherits: [role] },
    ],
  });
  await admin('PATCH', `/api/admin/flags/${flag}`, {
    name: NAME,
    description: NAME,
    owner: `team-${'o'.repeat(90)}`,
    tags: ['growth', 'a-tag-that-is-rather-long-for-a-tag', 'third', 'fourth'],
    delegated: true,
    rules: [
      { name: NAME, policy: 'LATCHING', conditions: { all: [{ ...reports, value: 3 }, deep] } },
      { name: MARKUP, conditions: { all: [{ fact: 'roles', operator: 'contains', value: role }, verified] } },
    ],
  });
  await admin('PATCH', `/api/admin/flags/${flag}/access`, {
    access: [
      { role, organization_id: organization, effect: 'ALLOW' },
      { user_id: person, effect: 'DENY' },
    ],
    comment: REASON,
  });
  const path = `/api/admin/users/${person}`;
  await admin('PATCH', path, {
    organization_id: organization,
    roles: ['employee', role],
    email_verified: true,
    attributes: { plan: 'pro', nested: { a: { b: { c: { d: { e: 'd'.repeat(400) } } } } }, ['k'.repeat(60)]: REASON },
  });
  await admin('PATCH', `${path}/progress`, { stage: 'profile_setup' });
  await admin('POST', '/api/events?wait=true', [{ id: 'e'.repeat(100), user_id: person, action: 'report_created' }]);
  await admin('PATCH', `/api/admin/users/linus`, { organization_id: organization, roles: ['night-shift'] });
  await admin('POST', `${path}/unlocks/${flag}/grant`, { reason: REASON });
  await admin('POST', `${path}/unlocks/${flag}/revoke`, { reason: REASON });
  await admin('POST', '/api/admin/webhooks', {
    url: `https://example.com/${'hook/'.repeat(60)}`,
    types: ['dev.latchkey.unlocked', 'dev.latchkey.relocked'],
    description: REASON.slice(0, 200),
  });
  // The last change of a flag, which takes it from all but one where it is undone.
  await admin('PATCH', '/api/admin/flags/manager_tools', { is_enabled_globally: true });
}
