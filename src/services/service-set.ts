import type { OpenReaders } from '../calls/open-readers.js';
import type { ConfigurationKeeper } from '../configuration/configuration-keeper.js';
import type { BackfillService } from './backfills/backfills.js';
import type { EvaluateStreams } from './evaluating/evaluate-streams.js';
import type { Evaluator } from './evaluating/evaluation.js';
import type { RequirementsService } from './evaluating/requirements.js';
import type { EventService } from './events/events.js';
import type { FlagService } from './flags/flags.js';
import type { SegmentService } from './flags/segments.js';
import type { LedgerService } from './ledger/ledger.js';
import type { OnboardingService } from './onboarding/onboarding.js';
import type { ProgressService } from './onboarding/progress.js';
import type { OrganizationService } from './organizations/organizations.js';
import type { PreviewService } from './previewing/preview.js';
import type { InspectionService } from './records/inspection.js';
import type { StreamService } from './streaming/streams.js';
import type { Authentication } from './tokens/authentication.js';
import type { TokenService } from './tokens/tokens.js';
import type { UserDeletion } from './users/user-deletion.js';
import type { UserService } from './users/users.js';
import type { WebhookDeliveries } from './webhooks/webhook-deliveries.js';
import type { WebhookService } from './webhooks/webhooks.js';

/** Every use case: what the doors call. */
export interface ServiceSet {
  readonly authentication: Authentication;
  readonly backfills: BackfillService;
  readonly evaluateStreams: EvaluateStreams;
  readonly evaluation: Evaluator;
  readonly events: EventService;
  readonly flags: FlagService;
  readonly inspection: InspectionService;
  readonly keeper: ConfigurationKeeper;
  readonly ledger: LedgerService;
  readonly onboarding: OnboardingService;
  readonly organizations: OrganizationService;
  readonly preview: PreviewService;
  readonly progress: ProgressService;
  readonly readers: OpenReaders;
  readonly requirements: RequirementsService;
  readonly segments: SegmentService;
  readonly streams: StreamService;
  readonly tokens: TokenService;
  readonly userDeletion: UserDeletion;
  readonly users: UserService;
  readonly webhookDeliveries: WebhookDeliveries;
  readonly webhooks: WebhookService;
}
