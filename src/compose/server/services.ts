import { randomBytes } from 'node:crypto';
import { StoreClock } from '../../calls/clock.js';
import { FailedAuthentications } from '../../calls/limits/failed-authentications.js';
import { OpenReaders } from '../../calls/open-readers.js';
import type { Config } from '../../config/config.js';
import { ConfigurationKeeper, type KeeperOptions } from '../../configuration/configuration-keeper.js';
import { DayKnowledge } from '../../configuration/day-knowledge.js';
import { DeploymentSettings } from '../../configuration/deployment-settings.js';
import { markUncompiled } from '../../configuration/flag-marks.js';
import { EMPTY_SNAPSHOT } from '../../core/snapshot/compiling/compile-snapshot.js';
import { earnerDaysOf } from '../../core/snapshot/snapshot.js';
import type { Notifier } from '../../notify/notifier.js';
import { meteredEvaluation } from '../../observability/metered-evaluation.js';
import type { Metrics } from '../../observability/metrics.js';
import type { WorkQueue } from '../../queue/queue.js';
import { BackfillService } from '../../services/backfills/backfills.js';
import { ActionVolumes } from '../../services/describing/action-volumes.js';
import { ConditionsCheck } from '../../services/describing/conditions-check.js';
import { ReferencesService } from '../../services/describing/references.js';
import { SampledUsers } from '../../services/describing/user-sample.js';
import { VocabularyService } from '../../services/describing/vocabulary.js';
import { ConsistencyGate } from '../../services/evaluating/consistency-gate.js';
import { EvaluateStreams } from '../../services/evaluating/evaluate-streams.js';
import { EvaluationService } from '../../services/evaluating/evaluation.js';
import { RequirementsService } from '../../services/evaluating/requirements.js';
import { TargetViews } from '../../services/evaluating/target-views.js';
import { UserNotices } from '../../services/evaluating/user-notices.js';
import { DeadLetterService } from '../../services/events/dead-letters.js';
import { ActionService } from '../../services/events/declared-actions.js';
import { EventService } from '../../services/events/events.js';
import { ExplanationService } from '../../services/explaining/explanations.js';
import { TryService } from '../../services/explaining/tries.js';
import { UserFlagList } from '../../services/explaining/user-flag-list.js';
import { Finding } from '../../services/finding/finding.js';
import { FlagLookup } from '../../services/flags/flag-lookup.js';
import { FlagService } from '../../services/flags/flags.js';
import { SegmentService } from '../../services/flags/segments.js';
import { HealthService } from '../../services/health/health.js';
import { OverviewService } from '../../services/health/overview.js';
import { ThisNode } from '../../services/health/this-node.js';
import { UnknownKeys } from '../../services/health/unknown-keys.js';
import { LedgerService } from '../../services/ledger/ledger.js';
import { LiveService } from '../../services/live/live.js';
import { FunnelService } from '../../services/onboarding/funnel.js';
import { OrganizationFunnels } from '../../services/onboarding/organization-funnels.js';
import { ProgressService } from '../../services/onboarding/progress.js';
import { StageReports } from '../../services/onboarding/stage-reports.js';
import { StageService } from '../../services/onboarding/stages.js';
import { StuckUserService } from '../../services/onboarding/stuck-users.js';
import { OrganizationDeletion } from '../../services/organizations/organization-deletion.js';
import { OrganizationFlags } from '../../services/organizations/organization-flags.js';
import { OrganizationMembers } from '../../services/organizations/organization-members.js';
import { OrganizationRoles } from '../../services/organizations/organization-roles.js';
import { OrganizationService } from '../../services/organizations/organizations.js';
import { PreviewService } from '../../services/previewing/preview.js';
import { PreviewWork } from '../../services/previewing/preview-work.js';
import { RolePreview } from '../../services/previewing/role-preview.js';
import type { ServiceSet } from '../../services/service-set.js';
import { AnswerTickets } from '../../services/streaming/answer-tickets.js';
import { StreamTickets } from '../../services/streaming/stream-tickets.js';
import { StreamService } from '../../services/streaming/streams.js';
import { TicketSeal } from '../../services/streaming/ticket-seal.js';
import { ActorNames } from '../../services/tokens/actor-names.js';
import { Authentication } from '../../services/tokens/authentication.js';
import { SessionService } from '../../services/tokens/sessions.js';
import { TokenService } from '../../services/tokens/tokens.js';
import { TotalCorrection } from '../../services/users/total-correction.js';
import { UserDeletion } from '../../services/users/user-deletion.js';
import { UserService } from '../../services/users/users.js';
import { WebhookDeliveries } from '../../services/webhooks/webhook-deliveries.js';
import { WebhookService, type WebhookServiceOptions } from '../../services/webhooks/webhooks.js';
import { type CachedStates, cachedStates } from '../../store/cached/cached-states.js';
import type { Store } from '../../store/store.js';
import { EpochWatch } from '../watches/epoch-watch.js';
import type { Older } from '../watches/rollback-watch.js';
import { CacheLookups } from './cache-lookups.js';
import { composeHistory } from './history.js';
import { RELEASE } from './release.js';

export interface ServiceParts {
  readonly config: Pick<Config, 'lanes' | 'retentionDays' | 'cachedUsers'> &
    Partial<
      Pick<
        Config,
        | 'cachedBytes'
        | 'maxStreams'
        | 'maxStreamsPerToken'
        | 'failedAuthenticationsPerMinute'
        | 'streamHeartbeatMs'
        | 'webhooks'
        | 'dropProperties'
        | 'roles'
        | 'testOverrides'
      >
    >;
  /** What tickets are sealed with, on all servers of a deployment alike; the first is the present one. Left out where there is one server only. */
  readonly ticketSecrets?: readonly string[];
  readonly store: Store;
  readonly queue: WorkQueue;
  /** Judges the addresses of webhooks. */
  readonly sender: WebhookServiceOptions['sender'];
  readonly notifier: Notifier;
  readonly metrics: Metrics;
  readonly onSwap: NonNullable<KeeperOptions['onSwap']>;
  readonly onError: (what: string, error: unknown) => void;
  /** Told of what the store gave in an older revision than before. */
  readonly onOlder?: (older: Older) => void;
  /** How long a call waits for a store that does not answer, in milliseconds; 250 when left out. */
  readonly storeAnswersMs?: number;
}

export interface Composed {
  readonly services: ServiceSet;
  readonly store: Store;
  readonly states: CachedStates;
  readonly notices: UserNotices;
  readonly node: ThisNode;
  readonly clock: StoreClock;
  readonly epoch: EpochWatch;
  readonly settings: DeploymentSettings;
}

/** Constructs every use case around one store, one queue and one notifier. */
export function composeServices(parts: ServiceParts): Composed {
  const { config, queue, notifier, metrics, onError } = parts;
  const patience = parts.storeAnswersMs === undefined ? {} : { storeAnswersMs: parts.storeAnswersMs };
  const { lanes, retentionDays } = config;
  const kept = { retentionDays, propertiesDropped: config.dropProperties ?? false };
  const clock = new StoreClock();
  const seal = new TicketSeal(parts.ticketSecrets ?? [randomBytes(32).toString('hex')]);
  const lookups = new CacheLookups(metrics.cacheObserver());
  const states = cachedStates(parts.store.states, {
    ...(config.cachedBytes === undefined ? {} : { maxBytes: config.cachedBytes }),
    ...{ maxUsers: config.cachedUsers, observer: lookups },
    ...(parts.storeAnswersMs === undefined ? {} : { answerWithinMs: parts.storeAnswersMs }),
    windowedActions: () => keeper.snapshot.windowedActions,
    earnerDaysOf: () => earnerDaysOf(keeper.snapshot),
    onOlder: (kind, id, revision) => parts.onOlder?.({ kind, id, revision }),
  });
  let { derivations } = EMPTY_SNAPSHOT;
  const keeper = new ConfigurationKeeper({
    reader: parts.store.configuration,
    onOlder: (revision) => parts.onOlder?.({ kind: 'configuration', id: '', revision }),
    onSwap: (snapshot) => {
      if (snapshot.derivations !== derivations) states.renew();
      derivations = snapshot.derivations;
      services.streams.configurationChanged(snapshot);
      services.live.configurationChanged(snapshot);
      parts.onSwap(snapshot);
      if (snapshot.failures.length === 0) return;
      markUncompiled(writing).catch((error: unknown) => onError('marking flags that cannot be compiled', error));
    },
  });
  const epoch = new EpochWatch(parts.store, () => {
    states.reset();
    keeper.distrust();
    services.authentication.forget();
    services.readers.tokensChanged();
    services.streams.restart();
    services.live.restart();
    keeper.refresh().catch((error: unknown) => onError('reading the configuration of another epoch', error));
  });
  const store: Store = { ...parts.store, epoch: () => epoch.current() };

  const notices = new UserNotices();
  const dayKnowledge = new DayKnowledge(store.days, parts.storeAnswersMs);
  const actionVolumes = new ActionVolumes({ keeper, volume: store.volume, clock });
  const writing = { store, keeper, notifier };
  const users = new UserService(writing);
  const gate = new ConsistencyGate({ store, keeper, notices, ...patience });
  const events = new EventService({
    store,
    inbox: store.inbox,
    queue,
    keeper,
    users: states.users,
    userService: users,
    notices,
    clock,
    lanes,
    retentionDays,
  });
  const views = new TargetViews({ keeper, states, gate, clock });
  const evaluation = new EvaluationService({ keeper, states, views, clock });
  const unknownKeys = new UnknownKeys(clock);
  const metered = meteredEvaluation(evaluation, metrics, unknownKeys);
  const readers = new OpenReaders({
    ...{ tokens: store.tokens, clock },
    maxOpen: config.maxStreams ?? 10_000,
    maxOfToken: config.maxStreamsPerToken ?? 0,
    onError: (error) => onError('looking for tokens that have ended', error),
  });
  const previews = new PreviewWork(readers);
  const failures = new FailedAuthentications(config.failedAuthenticationsPerMinute ?? 0);
  const authentication = new Authentication({
    ...{ tokens: store.tokens, clock, failures, ...patience },
    onError: (error) => onError('noting a token’s last use', error),
  });
  const configuration = {
    actions: new ActionService({ ...writing, ...kept }),
    flags: new FlagService({ ...writing, ...kept, dayKnowledge }),
    organizations: new OrganizationService(writing),
    organizationRoles: new OrganizationRoles(writing),
    segments: new SegmentService({ ...writing, dayKnowledge }),
    stages: new StageService(writing),
  };
  const actorNames = new ActorNames(authentication);
  const history = composeHistory({ store, keeper, actorNames, ...configuration });
  const node = new ThisNode({
    ...{ roles: [...(config.roles ?? [])], version: RELEASE, clock, testOverrides: config.testOverrides ?? false },
    present: () => {
      const { users: heldUsers, organizations, userBytes, organizationBytes } = states.sizes();
      return {
        revision: keeper.snapshot.revision,
        caches: {
          users: { held: heldUsers, bytes: userBytes, ...lookups.users },
          organizations: { held: organizations, bytes: organizationBytes, ...lookups.organizations },
        },
        streams: readers.size,
        streamBacklog: services.streams.backlog + services.live.backlog,
        unknownKeys: unknownKeys.report(),
      };
    },
  });
  const backfills = new BackfillService({ ...writing, readers });
  const health = new HealthService({ store, node, clock, lanes });
  const services: ServiceSet = {
    actions: configuration.actions,
    actorNames,
    audit: history.audit,
    authentication,
    backfills,
    deadLetters: new DeadLetterService({ store, queue, lanes }),
    evaluateStreams: new EvaluateStreams({ evaluation: metered, readers }),
    evaluation: metered,
    uncountedEvaluation: evaluation,
    events,
    finding: new Finding({ store, keeper, clock }),
    explanations: new ExplanationService(views, dayKnowledge),
    funnel: new FunnelService(store),
    stuckUsers: new StuckUserService(store),
    flagLookup: new FlagLookup(store),
    flags: configuration.flags,
    health,
    keeper,
    ledger: new LedgerService(writing),
    live: new LiveService({
      ...{ store, states, keeper, clock, readers, backfills, health },
      audit: history.audit,
      heartbeatMs: config.streamHeartbeatMs ?? 15_000,
      onError: (error) => onError('serving streams of the administration', error),
    }),
    organizationDeletion: new OrganizationDeletion(writing),
    organizationFlags: new OrganizationFlags({ store, keeper }),
    organizationFunnels: new OrganizationFunnels(store),
    organizationMembers: new OrganizationMembers(store),
    organizationRoles: configuration.organizationRoles,
    organizations: configuration.organizations,
    overview: new OverviewService({ store, keeper, node, clock, lanes, backfills, audit: history.audit }),
    preview: new PreviewService({ store, keeper, work: previews, dayKnowledge }),
    progress: new ProgressService({ ...writing, users: states.users }),
    readers,
    references: new ReferencesService(keeper, store.finder),
    requirements: new RequirementsService(views, dayKnowledge),
    rolePreview: new RolePreview({
      ...{ store, keeper, work: previews },
      organizationRoles: configuration.organizationRoles,
    }),
    restoring: history.restoring,
    segments: configuration.segments,
    sessions: new SessionService({ store, notifier, authentication }),
    conditionsCheck: new ConditionsCheck({ keeper, dayKnowledge, volumes: actionVolumes }),
    stageReports: new StageReports({ store, keeper, dayKnowledge }),
    stages: configuration.stages,
    actionVolumes,
    vocabulary: new VocabularyService({ keeper, sampled: new SampledUsers(store.userPages), volumes: actionVolumes }),
    answerTickets: new AnswerTickets({ seal, clock, authentication }),
    streams: new StreamService({
      ...{ store, states, keeper, clock, readers, authentication },
      tickets: new StreamTickets(seal),
      heartbeatMs: config.streamHeartbeatMs ?? 15_000,
      onError: (error) => onError('serving streams', error),
    }),
    tokens: new TokenService({ store, notifier }),
    totalCorrection: new TotalCorrection({ store, keeper, notifier }),
    tries: new TryService({ store, keeper, dayKnowledge }),
    undo: history.undo,
    userDeletion: new UserDeletion({ store, notifier }),
    userFlagList: new UserFlagList(views, dayKnowledge),
    users,
    versions: history.versions,
    webhookDeliveries: new WebhookDeliveries({ store, source: config.webhooks?.source ?? '/latchkey' }),
    webhooks: new WebhookService({ ...writing, sender: parts.sender }),
  };
  return { services, store, states, notices, node, clock, epoch, settings: new DeploymentSettings(writing) };
}
