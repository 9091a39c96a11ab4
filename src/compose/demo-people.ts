import { DAY_MS, HOUR_MS } from '../core/values/time/time.js';
import { EARLY_ADOPTER, OPERATOR } from './demo.js';
import type { RunningServer } from './server/start-server.js';

interface DemoPerson {
  readonly organization: string;
  readonly role: string;
  /** How many days ago they joined. */
  readonly days: number;
  readonly emailVerified: boolean;
  /** The last stage that they have come to; all before it they have passed. */
  readonly stage: string;
  readonly reports: number;
}

const person = (
  organization: string,
  role: string,
  days: number,
  [stage, reports, emailVerified = true]: readonly [stage: string, reports: number, emailVerified?: boolean],
): DemoPerson => ({ organization, role, days, emailVerified, stage, reports });

const STAGES = ['signup_complete', 'profile_setup', 'first_report'];
const TEAM = 'north-team';

/** People at every point of the way: some have earned what there is, one is a report short of sharing, some have only just come. */
const PEOPLE: Readonly<Record<string, DemoPerson>> = {
  grace: person(EARLY_ADOPTER, 'manager', 40, ['first_report', 12]),
  hedy: person(EARLY_ADOPTER, 'employee', 21, ['first_report', 3]),
  linus: person(EARLY_ADOPTER, 'employee', 12, ['first_report', 2]),
  margaret: person(EARLY_ADOPTER, 'admin', 60, ['first_report', 15]),
  radia: person(EARLY_ADOPTER, 'employee', 2, ['profile_setup', 0]),
  tim: person(EARLY_ADOPTER, 'employee', 1, ['signup_complete', 0, false]),
  alan: person(TEAM, 'team-lead', 30, ['first_report', 7]),
  edsger: person(TEAM, 'employee', 18, ['first_report', 2]),
  frances: person(TEAM, 'editor', 9, ['first_report', 4]),
  jean: person(TEAM, 'employee', 6, ['profile_setup', 1, false]),
  john: person(TEAM, 'employee', 3, ['signup_complete', 0]),
  niklaus: person('', 'employee', 15, ['profile_setup', 1]),
};

/** A hierarchy of a customer's own: names that only this organization knows, above and below the built-in ones. */
const ROLES = [
  { name: 'editor', inherits: ['employee'] },
  { name: 'team-lead', inherits: ['manager', 'editor'] },
];

/** Loads the people of the examples and their organization, with what they did so far. Who is known already stays as they are. */
export async function loadDemoPeople({ composed }: Pick<RunningServer, 'composed'>): Promise<void> {
  const { events, organizationRoles, organizations, progress, users } = composed.services;
  const comment = 'the demonstration';
  await organizations.set(OPERATOR, { id: TEAM, comment });
  const { organization } = await organizationRoles.get(OPERATOR, TEAM);
  if (organization.roles.length === 0)
    await organizationRoles.set(OPERATOR, {
      ...{ organizationId: TEAM, roles: ROLES, comment },
      ...{ validateOnly: false, keepReferences: false },
    });
  const now = Date.now();
  for (const [userId, { organization: organizationId, role, days, ...rest }] of Object.entries(PEOPLE)) {
    if ((await users.get(OPERATOR, userId)).revision > 0) continue;
    const joinedAt = now - days * DAY_MS;
    const { emailVerified, stage, reports } = rest;
    await users.identify(OPERATOR, { userId, organizationId, roles: [role], joinedAt, emailVerified });
    for (const passed of STAGES.slice(0, STAGES.indexOf(stage) + 1))
      await progress.update(OPERATOR, { userId, stage: passed, allowBackward: false });
    const done = ['report_created', 'report_published'].flatMap((action) =>
      Array.from({ length: reports }, (_, n) => ({
        kind: 'event' as const,
        event: {
          ...{ id: `${userId}-${action}-${n + 1}`, source: 'demo', userId, action },
          ...{ occurredAt: now - n * 5 * HOUR_MS, value: undefined, properties: undefined },
        },
      })),
    );
    if (done.length > 0) await events.track(OPERATOR, { events: done, wait: false });
  }
}
