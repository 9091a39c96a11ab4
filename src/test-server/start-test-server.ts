import { setTimeout as sleep } from 'node:timers/promises';
import type { OpenStoreOptions } from '../compose/server/open-adapters.js';
import { type RunningServer, startServerOn } from '../compose/server/start-server.js';
import { type Config, readSettings } from '../config/config.js';
import { createLogger } from '../observability/logger.js';
import { migrateSqlite } from '../store/sqlite/migrate-sqlite.js';
import { openSqliteStore } from '../store/sqlite/sqlite-store.js';
import type { Scope } from '../store/token-store.js';
import { OPERATOR } from './administration.js';
import { checkOptions, type Kind } from './check-definition.js';
import type { AdminJson, Definition, EventDefinition, FlagDefinition, UserDefinition } from './definition.js';
import { type Duration, durationMs, instantOf, MovableClock } from './movable-clock.js';
import { type PersonClaims, signPersonToken } from './person-token.js';
import { SettingUp } from './setting-up.js';
import { makeFolder, removeFolder } from './temporary-folder.js';
import { settingsOf } from './test-settings.js';

export type { AdminJson, Definition, EventDefinition, FlagDefinition, UserDefinition } from './definition.js';
export type { Duration } from './movable-clock.js';
export type { PersonClaims } from './person-token.js';

export interface TestServerOptions extends Definition {
  /** The instant at which the server's clock begins; the present one when left out. */
  readonly now?: Date | string | number;
  /** What is logged on standard error: `debug`, `info`, `warn` or `error`; nothing when left out. */
  readonly log?: 'debug' | 'info' | 'warn' | 'error';
  /**
   * Further settings, by the names of `docs/configuration.md`, such as `{ CORS_ORIGINS: '*' }`; what the server must see to
   * itself is refused, and what has no effect. The environment of the process is not read.
   */
  readonly settings?: Readonly<Record<string, string>>;
}

/** The clock of a test server, by which everything in it goes. */
export interface TestClock {
  /** Where it is now. */
  now(): Date;
  /** Moves it on; resolves when what that brings about has been recorded. */
  advance(duration: Duration): Promise<void>;
  /** Moves it to an instant that has not passed, likewise. */
  set(instant: Date | string | number): Promise<void>;
}

/** Flags that came on, or went off, for somebody by what was tracked. */
export interface TestTracked {
  readonly newlyUnlocked: readonly string[];
  readonly newlyLocked: readonly string[];
}

/** A whole Latchkey in this process, for one test or many. */
export interface TestServer extends AsyncDisposable {
  /** HOST:PORT of gRPC, without TLS. */
  readonly grpcAddress: string;
  /** HOST:PORT for flagd's clients, over gRPC without TLS. They need no token there. */
  readonly flagdAddress: string;
  /** Of REST and OFREP, such as `http://127.0.0.1:40123`. */
  readonly url: string;
  /** A machine token for evaluating, tracking and identifying, which may override decisions, too. */
  readonly token: string;
  /** The admin token. */
  readonly adminToken: string;
  readonly clock: TestClock;
  /** A token of a person, as a browser has one. */
  personToken(userId: string, claims?: PersonClaims): string;
  /** A machine token with these scopes; with an organization, bound to that. */
  machineToken(scopes: readonly Scope[], organizationId?: string): Promise<string>;
  /** Creates or changes a flag; resolves when users have what they have earned by that. */
  setFlag(key: string, flag: FlagDefinition): Promise<void>;
  /** Creates or changes a segment, likewise. */
  setSegment(key: string, conditions: AdminJson): Promise<void>;
  /** Creates or changes a user: what is named is written, what is left out stays. */
  setUser(userId: string, user: UserDefinition): Promise<void>;
  /** Has events counted; resolves when that is done, with what it turned on and off. */
  track(...events: readonly EventDefinition[]): Promise<TestTracked>;
  /**
   * Resolves when nothing is pending: all events that were taken are counted, and all that was earned, by time or by changed
   * rules too, is recorded and seen by the next evaluation. Deliveries of webhooks are not waited for. Rejects after 10 s.
   */
  settled(): Promise<void>;
  /** Ends the server and everything of it. */
  close(): Promise<void>;
}

const SETTLES_WITHIN_MS = 10_000;
const PAUSE_MS = 2;
const CLOSE_LIMIT_MS = 2_000;
const MACHINE: readonly Scope[] = ['evaluate', 'track', 'identify', 'test'];
const OPTIONS: Readonly<Record<keyof TestServerOptions, Kind>> = {
  ...{ flags: 'object', segments: 'object', stages: 'list', actions: 'list', organizations: 'object', users: 'object' },
  ...{ now: 'value', log: 'value', settings: 'object' },
};

/**
 * Starts a server with its doors on free ports of 127.0.0.1: the one that production runs, on an embedded database of its own, with
 * a clock that can be moved. Rejects where the definition has a fault, as the administration would.
 */
export async function startTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  checkOptions(options, OPTIONS);
  const { now, log = 'silent', settings = {}, ...definition } = options;
  const clock = new MovableClock(now === undefined ? undefined : instantOf(now));
  const folder = makeFolder();
  let running: RunningServer | undefined;
  const end = async (): Promise<void> => {
    await running?.stop(CLOSE_LIMIT_MS);
    removeFolder(folder);
  };
  try {
    const config = readSettings(settingsOf(folder, log, settings));
    const openStore = (_: unknown, more: OpenStoreOptions) => openTestStore(config.database, clock, more);
    running = await startServerOn(openStore, {
      ...{ config, logger: createLogger(config.logLevel), onUnusable: () => undefined },
    });
    return await serverOf(running, { clock, definition, config, end });
  } catch (error) {
    await end();
    throw error;
  }
}

async function openTestStore(database: Config['database'], clock: MovableClock, options: OpenStoreOptions) {
  if (database.kind !== 'sqlite') throw new Error('the database of a test server is an embedded one');
  const { path } = database;
  await migrateSqlite({ path, durable: false });
  return openSqliteStore({ ...options, path, durable: false, clock: () => clock.now() });
}

interface Made {
  readonly clock: MovableClock;
  readonly definition: Definition;
  readonly config: Config;
  readonly end: () => Promise<void>;
}

async function serverOf(running: RunningServer, { clock, definition, config, end }: Made): Promise<TestServer> {
  const { services } = running.composed;
  const settingUp = new SettingUp(services);
  await settingUp.all(definition);
  const settled = (): Promise<void> => settle(running);
  const moveTo = async (instant: number): Promise<void> => {
    clock.moveTo(instant);
    await followClock(running, instant);
    await settled();
  };
  const machineToken = async (scopes: readonly Scope[], organizationId = ''): Promise<string> => {
    const input = { name: 'test', scopes, organizationId, expiresAt: undefined, comment: '' };
    return (await services.tokens.create(OPERATOR, input)).secret;
  };
  const token = await machineToken(MACHINE);
  await settled();
  let ending: Promise<void> | undefined;
  const close = (): Promise<void> => {
    ending ??= end();
    return ending;
  };
  return {
    grpcAddress: running.grpcAddress ?? '',
    flagdAddress: running.flagdAddress ?? '',
    url: `http://${running.httpAddress}${config.httpBasePath}`,
    token,
    adminToken: running.adminSecret,
    clock: {
      now: () => new Date(clock.now()),
      advance: async (duration) => moveTo(clock.now() + durationMs(duration)),
      set: async (instant) => moveTo(instantOf(instant)),
    },
    personToken: (userId, claims = {}) => signPersonToken(config.jwt, userId, claims),
    machineToken,
    async setFlag(key, flag) {
      await settingUp.flag(key, flag);
      await settled();
    },
    async setSegment(key, conditions) {
      await settingUp.segment(key, conditions);
      await settled();
    },
    async setUser(userId, user) {
      await settingUp.user(userId, user);
      await settled();
    },
    track: (...events) => settingUp.track(events),
    settled,
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Has the server's own idea of the time follow the database's, which the instant has been reached by. */
async function followClock({ composed: { clock, store } }: RunningServer, instant: number): Promise<void> {
  for (;;) {
    await clock.synchronize(store);
    if (clock.now() >= instant) return;
    await sleep(1);
  }
}

async function settle(running: RunningServer): Promise<void> {
  const deadline = performance.now() + SETTLES_WITHIN_MS;
  for (;;) {
    await running.worker()?.catchUp();
    const pending = await pendingIn(running);
    if (pending === undefined) return;
    if (performance.now() > deadline) throw new Error(`the server does not come to rest: ${pending}`);
    await sleep(PAUSE_MS);
  }
}

/** What is pending, in words; undefined where nothing is. */
async function pendingIn({ composed: { store }, worker }: RunningServer): Promise<string | undefined> {
  const [events, timers, backfills, unsettled] = await Promise.all([
    store.events.oldestPending(),
    store.now().then((now) => store.timers.due(now, 1)),
    store.backfills.list({ limit: 1 }, { unfinished: true }),
    store.derived.unsettled(),
  ]);
  if (events.length > 0) return 'events wait to be counted';
  if (timers.length > 0) return `what time brings to ${JSON.stringify(timers[0]!.userId)} cannot be recorded`;
  if (backfills.items.length > 0) return 'users wait to be judged by changed rules';
  if (unsettled !== undefined) return 'users wait for derived actions to be counted';
  // What was committed may not have been told to the caches yet.
  return worker()?.busy() ? 'the worker is at work' : undefined;
}
