import type { Caller } from '../../../calls/caller.js';
import type { ServiceSet } from '../../../services/service-set.js';
import type { AdminServiceDefinition } from '../../gen/latchkey/v1/admin_service.js';
import type { Handlers } from '../method.js';
import { auditRpcs } from './audit-rpcs.js';
import { backfillRpcs } from './backfill-rpcs.js';
import { deadLetterRpcs } from './dead-letter-rpcs.js';
import { describingRpcs } from './describing-rpcs.js';
import { explanationRpcs } from './explanation-rpcs.js';
import { findingRpcs } from './finding-rpcs.js';
import { flagRpcs } from './flag-rpcs.js';
import { funnelRpcs } from './funnel-rpcs.js';
import { healthRpcs } from './health-rpcs.js';
import { ledgerRpcs } from './ledger-rpcs.js';
import { liveRpcs } from './live-rpcs.js';
import { onboardingRpcs } from './onboarding-rpcs.js';
import { organizationRoleRpcs } from './organization-role-rpcs.js';
import { organizationRpcs } from './organization-rpcs.js';
import { overviewRpcs } from './overview-rpcs.js';
import { previewRpcs } from './preview-rpcs.js';
import { segmentRpcs } from './segment-rpcs.js';
import { tokenRpcs } from './token-rpcs.js';
import { userRpcs } from './user-rpcs.js';
import { versionRpcs } from './version-rpcs.js';
import { webhookRpcs } from './webhook-rpcs.js';

/** One handler for each RPC of `AdminService`. */
export function adminHandlers(services: ServiceSet): Handlers<AdminServiceDefinition, Caller> {
  return {
    ...flagRpcs(services),
    ...describingRpcs(services),
    ...findingRpcs(services),
    ...segmentRpcs(services.segments),
    ...onboardingRpcs(services),
    ...funnelRpcs(services),
    ...organizationRpcs(services),
    ...organizationRoleRpcs(services),
    ...userRpcs(services),
    ...ledgerRpcs(services),
    ...backfillRpcs(services.backfills),
    ...tokenRpcs(services.tokens),
    ...deadLetterRpcs(services.deadLetters),
    ...auditRpcs(services),
    ...versionRpcs(services),
    ...previewRpcs(services.preview),
    ...explanationRpcs(services),
    ...webhookRpcs(services),
    ...healthRpcs(services.health),
    ...liveRpcs(services),
    ...overviewRpcs(services),
  };
}
