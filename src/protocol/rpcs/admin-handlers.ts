import type { Caller } from '../../calls/caller.js';
import type { ServiceSet } from '../../services/service-set.js';
import type { AdminServiceDefinition } from '../gen/latchkey/v1/admin_service.js';
import { auditRpcs } from './admin-audit.js';
import { backfillRpcs } from './admin-backfills.js';
import { deadLetterRpcs } from './admin-events.js';
import { flagRpcs } from './admin-flags.js';
import { ledgerRpcs } from './admin-ledger.js';
import { onboardingRpcs } from './admin-onboarding.js';
import { organizationRpcs } from './admin-organizations.js';
import { segmentRpcs } from './admin-segments.js';
import { tokenRpcs } from './admin-tokens.js';
import { userRpcs } from './admin-users.js';
import { webhookRpcs } from './admin-webhooks.js';
import type { Handlers } from './method.js';
import { previewRpcs } from './preview.js';

/** One handler for each RPC of `AdminService`. */
export function adminHandlers(services: ServiceSet): Handlers<AdminServiceDefinition, Caller> {
  return {
    ...flagRpcs(services.flagLookup),
    ...segmentRpcs(services.segments),
    ...onboardingRpcs(services),
    ...organizationRpcs(services.organizations),
    ...userRpcs(services),
    ...ledgerRpcs(services),
    ...backfillRpcs(services.backfills),
    ...tokenRpcs(services.tokens),
    ...deadLetterRpcs(services.deadLetters),
    ...auditRpcs(services.audit),
    ...previewRpcs(services.preview),
    ...webhookRpcs(services),
  };
}
