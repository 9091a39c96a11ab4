import type { Call } from '../calls/caller.js';
import type { FlagInput } from '../core/flags/parse-flag.js';
import type { RunningServer } from './server/start-server.js';

export const OPERATOR: Call = {
  caller: { kind: 'machine', tokenId: 'demo', scopes: new Set(['admin']), organizationId: '' },
  requestId: 'demo',
};

const latching = (
  name: string,
  fact: string,
  operator: string,
  value: string | number | boolean,
  params?: { action: string },
) => ({
  name,
  policy: 'LATCHING',
  conditions: { all: [{ fact, operator, value, ...(params === undefined ? {} : { params }) }] },
});

/** Progress flags latch: what somebody has earned stays. Manager tools are live: a demoted manager loses them. */
const FLAGS: Readonly<Record<string, FlagInput>> = {
  insights_tab: {
    name: 'Insights tab',
    description: 'Shown to everybody while it is enabled.',
    isEnabledGlobally: true,
  },
  dashboard: {
    name: 'Dashboard',
    description: 'Unlocked by verifying the e-mail address.',
    rules: [latching('E-mail verified', 'emailVerified', 'equal', true)],
  },
  reports_tab: {
    name: 'Reports tab',
    description: 'Unlocked seven days after joining.',
    rules: [latching('Seven days a member', 'daysSinceJoin', 'greaterThanInclusive', 7)],
  },
  advanced_analytics: {
    name: 'Advanced analytics',
    description: 'Unlocked by creating ten reports.',
    rules: [latching('Ten reports created', 'actionCount', 'greaterThanInclusive', 10, { action: 'report_created' })],
  },
  manager_tools: {
    name: 'Manager tools',
    description: 'For managers, and for admins, who inherit from them.',
    rules: [
      {
        name: 'Managers',
        policy: 'LIVE',
        conditions: { all: [{ fact: 'roles', operator: 'contains', value: 'manager' }] },
      },
    ],
  },
  admin_console: {
    name: 'Admin console',
    description: 'What the last role upgrade unlocks.',
    rules: [
      {
        name: 'Admins',
        policy: 'LIVE',
        conditions: { all: [{ fact: 'roles', operator: 'contains', value: 'admin' }] },
      },
    ],
  },
  report_sharing: {
    name: 'Report sharing',
    description: 'Unlocked by publishing three reports. Organizations open it to people of their own, too.',
    delegated: true,
    rules: [
      latching('Three reports published', 'actionCount', 'greaterThanInclusive', 3, { action: 'report_published' }),
    ],
  },
  new_editor: {
    name: 'New editor',
    description: 'For early-adopter organizations, by their access rows.',
  },
};

const STAGES = ['signup_complete', 'profile_setup', 'first_report'].map((name) => ({ name, selfSettable: true }));
export const EARLY_ADOPTER = 'early-adopter';

/** Loads the examples: flags, stages, an early-adopter organization. What is there already stays as it is. */
export async function loadDemo({ composed }: Pick<RunningServer, 'composed'>): Promise<void> {
  const { actions, finding, flags, organizations, stages } = composed.services;
  const comment = 'the demonstration';
  if ((await stages.list(OPERATOR)).version === 0) await stages.set(OPERATOR, { stages: STAGES, comment });
  await actions.declare(
    OPERATOR,
    ['report_created', 'report_published'].map((name) => ({ name, clientTrackable: true })),
    comment,
  );
  await organizations.set(OPERATOR, { id: EARLY_ADOPTER, comment });
  const present = new Set((await finding.flags(OPERATOR, {}, { limit: 1_000 })).items.map(({ flag }) => flag.key));
  for (const [key, input] of Object.entries(FLAGS)) {
    if (present.has(key)) continue;
    const access = key === 'new_editor' ? [{ organizationId: EARLY_ADOPTER }] : [];
    await flags.set(OPERATOR, {
      keyOrId: key,
      mustExist: false,
      input,
      expectedVersion: undefined,
      onRuleChange: 'KEEP',
      comment,
      access,
      removeAccess: [],
    });
  }
}
