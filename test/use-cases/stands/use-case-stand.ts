import type { Call, Person } from '../../../src/calls/caller.js';
import { STORE_ANSWERS_MS } from '../../../src/calls/consistency/store-answer.js';
import { type Composed, composeServices } from '../../../src/compose/server/services.js';
import type { FlagInput } from '../../../src/core/flags/parse-flag.js';
import { httpSender } from '../../../src/deliver/http/http-sender.js';
import type { Notice, Notifier } from '../../../src/notify/notifier.js';
import { Metrics } from '../../../src/observability/metrics.js';
import type { WorkQueue } from '../../../src/queue/queue.js';
import type { TargetDecisions, TargetsInput } from '../../../src/services/evaluating/decide-targets.js';
import type { Tracked } from '../../../src/services/events/events.js';
import type { FlagWritten, SetFlagInput } from '../../../src/services/flags/flags.js';
import type { IdentifyInput } from '../../../src/services/users/users.js';
import type { EventKey } from '../../../src/store/event-store.js';
import type { SqlStore } from '../../../src/store/sql/sql-store.js';
import { type Store, StoreUnavailable } from '../../../src/store/store.js';
import type { Scope } from '../../../src/store/token-store.js';
import { LaneWorker } from '../../../src/worker/inbox/lane-worker.js';
import { Sweeper } from '../../../src/worker/inbox/sweeper.js';
import { TimerWorker } from '../../../src/worker/timers/timer-worker.js';
import { busy } from '../../timing.js';

export interface UseCaseStandOptions {
  readonly lanes?: number;
  readonly retentionDays?: number;
  readonly dropProperties?: boolean;
  /** What the use cases are given in place of the store: to stop, to fail, to watch. */
  readonly around?: (store: SqlStore) => Store;
  /** Told of failures of work that no caller waits for; such a failure is thrown when this is left out. */
  readonly onError?: (name: string, error: unknown) => void;
}

/** The use cases on a store with nothing running in the background: no worker, no poll, and a queue that forgets. */
export interface UseCaseStand extends Composed {
  readonly sqlStore: SqlStore;
  readonly notifier: Notifier;
  readonly published: readonly Notice[];
  /** Users whose timers could not be fired. */
  readonly failed: readonly { readonly userId: string; readonly error: unknown }[];
  readonly buried: readonly (EventKey & { readonly reason: string })[];
  readonly worker: LaneWorker;
  /** Counts everything that is pending. */
  drain(): Promise<number>;
  fireTimers(): Promise<number>;
  setFlag(key: string, input?: FlagInput, more?: Partial<SetFlagInput>): Promise<FlagWritten>;
  /** In Latchkey's own shape. */
  track(events: readonly Readonly<Record<string, unknown>>[], options?: TrackOptions): Promise<Tracked>;
  identify(
    userId: string,
    input?: Omit<IdentifyInput, 'userId'>,
  ): ReturnType<Composed['services']['users']['identify']>;
  /** Archives every flag that earlier tests of the suite left. */
  clear(): Promise<void>;
  /** Keys of the flags that are on for the user, read from the store. */
  on(userId: string): Promise<readonly string[]>;
}

export interface TrackOptions {
  readonly wait?: boolean;
  readonly call?: Call;
}

/** A call of the platform's operator. */
export const OPERATOR: Call = machine(['admin']);

/** A call of a machine token. */
export function machine(scopes: readonly Scope[], organizationId = ''): Call {
  return { caller: { kind: 'machine', tokenId: 'tok_test', scopes: new Set(scopes), organizationId }, requestId: 'r' };
}

export function person(userId: string, more: Partial<Person> = {}): Call {
  const caller = {
    kind: 'person',
    userId,
    organizationId: '',
    roles: undefined,
    platformAdmin: false,
    ...more,
  } as const;
  return { caller, requestId: 'r' };
}

const SILENT_QUEUE: WorkQueue = {
  wake: () => Promise.resolve(),
  consume: () => Promise.resolve(),
  healthy: () => false,
  close: () => Promise.resolve(),
};

export async function composeUseCaseStand(
  sqlStore: SqlStore,
  options: UseCaseStandOptions = {},
): Promise<UseCaseStand> {
  const {
    lanes = 32,
    retentionDays = 30,
    dropProperties = false,
    around = (store: SqlStore): Store => store,
  } = options;
  const published: Notice[] = [];
  const failed: { userId: string; error: unknown }[] = [];
  const buried: (EventKey & { reason: string })[] = [];
  const notifier: Notifier = {
    publish: (notice) => {
      published.push(notice);
      if (notice.kind === 'users')
        for (const { id, revision } of notice.users) composed.states.users.raise(id, revision);
      if (notice.kind === 'organizations')
        for (const { id, revision } of notice.organizations) composed.states.organizations.raise(id, revision);
      return Promise.resolve();
    },
    subscribe: () => Promise.resolve(() => Promise.resolve()),
    close: () => Promise.resolve(),
  };
  const composed: Composed = composeServices({
    config: { lanes, retentionDays, dropProperties, cachedUsers: 1_000 },
    store: around(sqlStore),
    queue: SILENT_QUEUE,
    sender: httpSender({ allowHttp: true, allowPrivate: true }),
    notifier,
    metrics: new Metrics(),
    onSwap: () => undefined,
    storeAnswersMs: busy(STORE_ANSWERS_MS),
    onError:
      options.onError ??
      ((_, error) => {
        // Work in the background may outlast its test, and the store that the test has closed.
        if (!(error instanceof StoreUnavailable)) throw error;
      }),
  });
  const { services, store, clock } = composed;
  await Promise.all([services.keeper.refresh(), clock.synchronize(sqlStore)]);
  const { keeper } = services;
  const worker = new LaneWorker({
    ...{ store, keeper, notifier, lanes, retentionDays, queue: SILENT_QUEUE },
    observer: {
      counted: () => undefined,
      buried: (event, reason) => void buried.push({ ...event, reason }),
    },
  });
  const sweeper = new Sweeper({ store, worker, queue: SILENT_QUEUE, lanes, onOldest: () => undefined });
  const timers = new TimerWorker({
    ...{ store, keeper, notifier },
    onError: (userId, error) => void failed.push({ userId, error }),
  });
  return {
    ...composed,
    ...{ sqlStore, notifier, published, failed, buried, worker },
    clear: async () => {
      // What reads whether another one is unlocked goes first.
      const { latching, flags } = keeper.snapshot;
      for (const { flag } of new Set([...latching.toReversed(), ...flags.values()])) {
        if (flag.archived) continue;
        const rest = { mustExist: true, expectedVersion: undefined, onRuleChange: 'KEEP', comment: '' } as const;
        await services.flags.set(OPERATOR, {
          ...{ keyOrId: flag.key, input: { archived: true, rules: [] }, access: [], removeAccess: [], ...rest },
        });
      }
    },
    drain: async () => {
      // What users did may count for their organizations then.
      let counted = 0;
      for (let more = -1; more !== 0; counted += more) more = await sweeper.sweep();
      return counted;
    },
    fireTimers: () => timers.run(),
    setFlag: (key, input = {}, more = {}) =>
      services.flags.set(OPERATOR, {
        ...{ keyOrId: key, mustExist: false, input, expectedVersion: undefined, onRuleChange: 'KEEP', comment: '' },
        ...{ access: [], removeAccess: [], ...more },
      }),
    track: (events, { wait = false, call = OPERATOR } = {}) =>
      services.events.track(call, {
        wait,
        events: events.map((event) => ({
          kind: 'event',
          event: {
            ...{ id: event.id, source: event.source, userId: event.user_id, action: event.action },
            ...{ occurredAt: event.occurred_at, value: event.value, properties: event.properties },
            reverses: event.reverses,
            organizationId: event.organization_id,
          },
        })),
      }),
    identify: (userId, input = {}) => services.users.identify(OPERATOR, { userId, ...input }),
    on: async (userId) => {
      const input = { targets: [{ userId, context: {} }], flagKeys: [], consistencyToken: '', full: true };
      const [result] = await decided(services, OPERATOR, input);
      const decisions = (result?.decisions ?? []).map(({ decision }) => decision);
      return decisions.filter(({ enabled }) => enabled).map(({ flagKey }) => flagKey);
    },
  };
}

/** What `BatchEvaluate` decides, once the states are there: for many targets, or read from the store. */
export async function decided(
  { evaluation }: Pick<UseCaseStand['services'], 'evaluation'>,
  call: Call,
  input: TargetsInput,
): Promise<readonly TargetDecisions[]> {
  const results = await evaluation.batch(call, input, { tell: () => ({ bytes: 0 }) });
  if ('told' in results) throw new Error('it was told at once');
  return results;
}

/** A latching rule of these conditions. */
export const latching = (...all: readonly Readonly<Record<string, unknown>>[]) => ({
  rules: [{ policy: 'LATCHING', conditions: { all } as never }],
});
export const verified = { fact: 'emailVerified', operator: 'equal', value: true };
export const atLeast = (value: number, action: string, more: Readonly<Record<string, unknown>> = {}) => ({
  ...{ fact: 'actionCount', params: { action, ...more }, operator: 'greaterThanInclusive', value },
});
export const daysIn = (value: number) => ({ fact: 'daysSinceJoin', operator: 'greaterThanInclusive', value });

/** The user's ledger, oldest first. */
export async function ledgerOf(store: Pick<Store, 'history'>, userId: string) {
  return (await store.history.ledger(userId, { limit: 1_000 })).items;
}

/** The store as it was at an instant: for writes whose timers are to be overdue by now. */
export function atInstant<S extends SqlStore>(store: S, instant: number): S {
  return {
    ...store,
    transaction: (work: Parameters<S['transaction']>[0]) =>
      store.transaction((tx) => {
        const confirmRevision = async () => ({ ...(await tx.configuration.confirmRevision()), now: instant });
        return work({
          ...tx,
          now: () => Promise.resolve(instant),
          configuration: { ...tx.configuration, confirmRevision },
        });
      }),
  } as S;
}
