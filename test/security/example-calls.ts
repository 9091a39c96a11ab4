// Examples of every call, which `test/security-table.test.ts` makes as each kind of caller, and compares with the tables of
// `docs/security.md`. A new RPC or route fails it until:
//
// 1. `src/calls/permissions.ts` has its operation: `platform(…)`, or, where an organization's administrators may, `organization(…)`
//    or `members(…)`; also in `ELSEWHERE` where it has no route below /api/admin. An RPC that is the same operation as another is named in `OPERATIONS_OF_RPCS` there.
// 2. `RPC_EXAMPLES` has a good request under its name, or under its name and what it is about where callers fare differently with
//    different requests (`SetFlag the flag`). What it names it takes from its reach: a user or an organization of the caller's own,
//    or a foreign one. The route's request is made from it. Routes that are no RPC's stand in `ROUTE_EXAMPLES`.
// 3. The first table has a row for the RPC, and the second one for each of its routes, copied from one that fares alike.
//
// Who has a token that is bound to an organization with the scope `manage` alone fares as that organization's administrators do:
// the test makes these calls without a column of their own. A request that changes something which can be changed once only takes
// it from a list (`SPARES`, `NEWCOMERS`), as each is made once for each caller.

/** Whom a call names: somebody within the caller's reach, or beyond it. */
export type Reach = 'own' | 'foreign';

export const OWN = { organization: 'acme', user: 'own-user' } as const;
export const FOREIGN = { organization: 'other', user: 'foreign-user' } as const;
export const FLAG = 'delegated-flag';
export const ACTION = 'clicked';
export const SEGMENT = 'everyone';

/** What the examples name that only exists once the server runs. */
export interface Made {
  readonly tokenId: string;
  readonly webhookId: string;
  /** More of them, of which each call deletes one. */
  readonly spareWebhookIds: string[];
  readonly backfillId: string;
  /** Entries of the audit, by what they are about; of rows each call undoes one. */
  readonly entries: {
    readonly flag: string;
    readonly token: string;
    readonly organization: Readonly<Record<Reach, string>>;
    readonly platformRows: string[];
    readonly rows: Readonly<Record<Reach, string[]>>;
  };
}

/** Segments, and actions, of which each call deletes one. */
export const SPARES: readonly string[] = Array.from({ length: 400 }, (_, i) => `spare-${i}`);

/** Those whom a row expects in the organization: each call identifies one. */
export const NEWCOMERS: Readonly<Record<Reach, readonly string[]>> = {
  own: Array.from({ length: 160 }, (_, i) => `own-newcomer-${i}`),
  foreign: Array.from({ length: 160 }, (_, i) => `foreign-newcomer-${i}`),
};

let newcomers = 0;
let spares = 0;
const spare = (): string => SPARES[spares++]!;
let events = 0;
const of = (reach: Reach) => (reach === 'own' ? OWN : FOREIGN);
const event = (userId: string) => ({ id: `event-${events++}`, userId, action: ACTION });

/** A good request for each RPC, by its name and what it is about; field names as the generated code has them. */
export const RPC_EXAMPLES: Readonly<Record<string, (reach: Reach, made: Made) => object>> = {
  Evaluate: (reach) => ({ flagKey: FLAG, context: { userId: of(reach).user } }),
  BatchEvaluate: (reach) => ({ flagKeys: [FLAG], contexts: [{ userId: of(reach).user }] }),
  EvaluateStream: (reach) => ({ requests: [{ flagKey: FLAG, context: { userId: of(reach).user } }] }),
  GetRequirements: (reach) => ({ flagKey: FLAG, userId: of(reach).user }),
  ListRequirements: (reach) => ({ userId: of(reach).user }),
  'SetFlag the flag': () => ({ flag: { key: FLAG, active: true } }),
  'SetFlag rows of a delegated flag': (reach) => ({
    flag: { key: FLAG },
    access: [{ organizationId: of(reach).organization }],
  }),
  UpdateProgress: (reach) => ({ userId: of(reach).user, stage: 'tour' }),
  GetProgress: (reach) => ({ userId: of(reach).user }),
  'Identify roles of a member': (reach) => ({ userId: of(reach).user, roles: ['employee'] }),
  'Identify a known user': (reach) => ({ userId: of(reach).user, emailVerified: true }),
  'Identify somebody who is expected': (reach) => ({ userId: NEWCOMERS[reach][newcomers++]!, emailVerified: true }),
  Track: (reach) => ({ events: [event(of(reach).user)] }),
  Watch: (reach) => ({ userId: of(reach).user }),
  GetFlag: () => ({ flag: FLAG }),
  ListFlags: () => ({}),
  ListAccess: () => ({ flag: FLAG }),
  PreviewRule: () => ({ flag: { key: FLAG }, rule: { rollout: 50_000 } }),
  ExplainFlag: (reach) => ({ userId: of(reach).user, flagKey: FLAG }),
  ListUserFlags: (reach) => ({ userId: of(reach).user }),
  'TryFlag the flag': () => ({ flag: { key: FLAG }, rule: { rollout: 50_000 }, contexts: [{ userId: OWN.user }] }),
  'TryFlag rows of a delegated flag': (reach) => ({
    flag: { key: FLAG },
    access: [{ userId: of(reach).user }],
    contexts: [{ userId: of(reach).user }],
  }),
  SetSegment: () => ({ segment: { key: SEGMENT } }),
  GetSegment: () => ({ key: SEGMENT }),
  ListSegments: () => ({}),
  DeleteSegment: () => ({ key: spare() }),
  CheckConditions: () => ({ conditions: {} }),
  GetVocabulary: () => ({}),
  GetReferences: () => ({ flag: FLAG }),
  'GetReferences of a segment': () => ({ segment: SEGMENT }),
  'GetReferences of a stage': () => ({ stage: 'tour' }),
  'GetReferences of an action': () => ({ action: ACTION }),
  'GetReferences of a role': () => ({ role: 'manager' }),
  SetStages: () => ({ stages: [] }),
  ListStages: () => ({}),
  GetFunnel: (reach) => ({ organizationId: of(reach).organization }),
  ListFunnels: () => ({}),
  GetStage: (reach) => ({ stage: 'tour', organizationId: of(reach).organization }),
  ListStuckUsers: (reach) => ({ stage: 'tour', organizationId: of(reach).organization }),
  DeclareActions: () => ({ actions: [] }),
  ListActions: () => ({}),
  GetAction: () => ({ name: ACTION }),
  DeleteAction: () => ({ name: spare() }),
  'SetOrganization its roles': (reach) => ({ organization: { id: of(reach).organization, strictRoles: false } }),
  'SetOrganization its attributes': (reach) => ({
    organization: { id: of(reach).organization, attributes: { tier: 'gold' } },
  }),
  GetOrganization: (reach) => ({ id: of(reach).organization }),
  ListOrganizations: () => ({}),
  GetOrganizationRoles: (reach) => ({ id: of(reach).organization }),
  SetOrganizationRoles: (reach) => ({ id: of(reach).organization, roles: [{ name: 'lead', inherits: [] }] }),
  PreviewOrganizationRoles: (reach) => ({ id: of(reach).organization, rename: 'lead', to: 'leader' }),
  RenameOrganizationRole: (reach) => ({
    ...{ id: of(reach).organization, name: 'lead', to: 'leader', comment: 'a try', validateOnly: true },
  }),
  RemoveOrganizationRole: (reach) => ({
    ...{ id: of(reach).organization, name: 'lead', comment: 'a try', validateOnly: true },
  }),
  ListOrganizationFlags: (reach) => ({ id: of(reach).organization }),
  ListOrganizationMembers: (reach) => ({ id: of(reach).organization }),
  ListUsers: () => ({}),
  Search: () => ({ q: 'own' }),
  GetUser: (reach) => ({ userId: of(reach).user }),
  ListUnlocks: (reach) => ({ userId: of(reach).user }),
  'ListUnlocks of an organization': (reach) => ({ organizationId: of(reach).organization }),
  ...Object.fromEntries(
    ['GrantUnlock', 'RevokeUnlock', 'RearmUnlock'].map((name) => [
      `${name} of an organization`,
      (reach: Reach) => ({ organizationId: of(reach).organization, flag: FLAG, reason: 'a try' }),
    ]),
  ),
  ListFlagUnlocks: () => ({ flag: FLAG }),
  GrantUnlock: (reach) => ({ userId: of(reach).user, flag: FLAG, reason: 'a try' }),
  RevokeUnlock: (reach) => ({ userId: of(reach).user, flag: FLAG, reason: 'a try' }),
  RearmUnlock: (reach) => ({ userId: of(reach).user, flag: FLAG, reason: 'a try' }),
  CorrectTotal: (reach) => ({ userId: of(reach).user, action: 'never_done', count: 0, reason: 'a try' }),
  'CorrectTotal of an organization': (reach) => ({
    ...{ organizationId: of(reach).organization, action: 'never_done', count: 0, reason: 'a try' },
  }),
  GetBackfill: (_reach, { backfillId }) => ({ id: backfillId }),
  WatchBackfill: (_reach, { backfillId }) => ({ id: backfillId }),
  ListBackfills: () => ({}),
  GetHealth: () => ({}),
  GetOverview: () => ({}),
  CancelBackfill: (_reach, { backfillId }) => ({ id: backfillId, comment: 'a try' }),
  StartBackfill: () => ({ flag: FLAG, comment: 'a try' }),
  DeleteOrganization: () => ({ id: 'dissolved', comment: 'a try' }),
  DeleteUser: () => ({ userId: 'departed', comment: 'a try' }),
  GetDeletedTotals: () => ({}),
  CreateToken: () => ({ name: 'made', scopes: ['evaluate'] }),
  ListTokens: () => ({}),
  RevokeToken: (_reach, { tokenId }) => ({ id: tokenId }),
  ListDeadLetters: () => ({}),
  ReplayDeadLetters: () => ({ events: [] }),
  DiscardDeadLetters: () => ({ events: [], comment: 'a test of ours' }),
  ListAudit: () => ({}),
  ExportAudit: () => ({}),
  WatchAdmin: () => ({}),
  ListOrganizationAudit: (reach) => ({ organizationId: of(reach).organization }),
  'GetAuditEntry of a flag': (_reach, { entries }) => ({ id: entries.flag }),
  'GetAuditEntry of a token': (_reach, { entries }) => ({ id: entries.token }),
  'GetAuditEntry of an organization': (reach, { entries }) => ({ id: entries.organization[reach] }),
  'UndoAuditEntry of the platform’s row': (_reach, { entries }) => ({
    ...{ id: entries.platformRows.pop(), comment: 'a try' },
  }),
  'UndoAuditEntry of an organization’s row': (reach, { entries }) => ({
    ...{ id: entries.rows[reach].pop(), comment: 'a try' },
  }),
  ...Object.fromEntries(
    ['ListVersions', 'GetVersion', 'DiffVersions', 'RestoreVersion'].flatMap((name) => {
      const version = name === 'ListVersions' ? {} : { version: 1 };
      return [
        [`${name} of a flag`, () => ({ flag: FLAG, ...version })],
        [`${name} of a segment`, () => ({ segment: SEGMENT, ...version })],
        [`${name} of the stages`, () => ({ ...version })],
        [`${name} of an organization`, (reach: Reach) => ({ organizationId: of(reach).organization, ...version })],
      ];
    }),
  ),
  CreateWebhook: () => ({ webhook: { url: 'https://webhooks.invalid/', types: ['dev.latchkey.revoked'] } }),
  UpdateWebhook: (_reach, { webhookId }) => ({ webhook: { id: webhookId, description: 'a try' } }),
  ListWebhooks: () => ({}),
  DeleteWebhook: (_reach, { spareWebhookIds }) => ({ id: spareWebhookIds.pop() }),
  RotateWebhookSecret: (_reach, { webhookId }) => ({ id: webhookId }),
  PingWebhook: (_reach, { webhookId }) => ({ id: webhookId }),
  ListDeliveries: (_reach, { webhookId }) => ({ webhookId }),
  ReplayDeliveries: (_reach, { webhookId }) => ({ webhookId }),
};

export interface RouteExample {
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Whether the caller's token is in the body, to sign in with, and not in a header. */
  readonly signsIn?: true;
}

/** A good request for each route; `userId` is whom it names, undefined for a person's own. */
export const ROUTE_EXAMPLES: Readonly<Record<string, (userId: string | undefined, reach: Reach) => RouteExample>> = {
  'GET /api/feature-flags/': (userId) => ({ path: `/api/feature-flags/${query(userId)}` }),
  'GET /api/feature-flags/:key/requirements': (userId) => ({
    path: `/api/feature-flags/${FLAG}/requirements${query(userId)}`,
  }),
  'GET /api/requirements/': (userId) => ({ path: `/api/requirements/${query(userId)}` }),
  'PATCH /api/feature-flags/:id the flag': () => ({ path: `/api/feature-flags/${FLAG}`, body: { active: true } }),
  'PATCH /api/feature-flags/:id rows of a delegated flag': (_userId, reach) => ({
    path: `/api/feature-flags/${FLAG}`,
    body: { access: [{ organization_id: of(reach).organization }] },
  }),
  'GET /api/user/progress/': (userId) => ({ path: `/api/user/progress/${query(userId)}` }),
  'PATCH /api/user/progress/': (userId) => ({ path: `/api/user/progress/${query(userId)}`, body: { stage: 'tour' } }),
  'POST /api/events': (userId) => {
    const { id, action } = event('');
    return { path: '/api/events', body: { id, action, ...(userId === undefined ? {} : { user_id: userId }) } };
  },
  'GET /api/stream': (userId) => ({ path: `/api/stream${query(userId)}` }),
  'POST /api/stream/ticket': (userId) => ({ path: `/api/stream/ticket${query(userId)}` }),
  'POST /ofrep/v1/evaluate/flags/:key': (userId) => ({
    path: `/ofrep/v1/evaluate/flags/${FLAG}`,
    body: asking(userId),
  }),
  'POST /ofrep/v1/evaluate/flags': (userId) => ({ path: '/ofrep/v1/evaluate/flags', body: asking(userId) }),
  'GET /ofrep/v1/stream without a ticket': () => ({ path: '/ofrep/v1/stream' }),
  // As a proxy passes it on: from this machine itself the metrics need no token.
  'GET /metrics': () => ({ path: '/metrics', headers: { 'x-forwarded-for': '203.0.113.7' } }),
  'POST /api/session': () => ({ path: '/api/session', signsIn: true }),
  'GET /api/session': () => ({ path: '/api/session' }),
  'DELETE /api/session': () => ({ path: '/api/session' }),
  'GET /healthz': () => ({ path: '/healthz' }),
  'GET /readyz': () => ({ path: '/readyz' }),
  'GET /openapi.json': () => ({ path: '/openapi.json' }),
  'GET /docs': () => ({ path: '/docs' }),
};

/** The body by which OpenFeature's clients ask. */
function asking(userId: string | undefined): object {
  return { context: userId === undefined ? {} : { targetingKey: userId } };
}

function query(userId: string | undefined): string {
  return userId === undefined ? '' : `?user_id=${userId}`;
}
