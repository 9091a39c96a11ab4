import type { Authentication } from './authentication.js';
import type { BackfillService } from './backfills.js';
import type { ConfigurationKeeper } from './configuration-keeper.js';
import type { EvaluateStreams } from './evaluate-streams.js';
import type { Evaluator } from './evaluation.js';
import type { EventService } from './events.js';
import type { FlagService } from './flags.js';
import type { InspectionService } from './inspection.js';
import type { LedgerService } from './ledger.js';
import type { OnboardingService } from './onboarding.js';
import type { OpenReaders } from './open-readers.js';
import type { OrganizationService } from './organizations.js';
import type { PreviewService } from './preview.js';
import type { ProgressService } from './progress.js';
import type { RequirementsService } from './requirements.js';
import type { SegmentService } from './segments.js';
import type { StreamService } from './streams.js';
import type { TokenService } from './tokens.js';
import type { UserDeletion } from './user-deletion.js';
import type { UserService } from './users.js';
import type { WebhookDeliveries } from './webhook-deliveries.js';
import type { WebhookService } from './webhooks.js';

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
