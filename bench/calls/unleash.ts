import { execFileSync } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findFreePort, startServerProcess, waitUntilReady } from '../../test/servers/server-process.js';
import { flagKey } from '../stand/many-flags.js';
import { type Started, start } from '../stand/processes.js';

export interface Unleash extends Started {
  /** `HOST:PORT` */
  readonly address: string;
  /** The token that front ends send. */
  readonly token: string;
}

const POSTGRESQL = '/usr/lib/postgresql';
const UNLEASH = 'bench/peers/node_modules/unleash-server/dist/server.js';
const TOKEN = 'default:development.a-token-for-this-run-alone';
const READY_LIMIT_MS = 60_000;

/** Whether `bench/peers/install` was run on this machine. */
export const hasUnleash = (): boolean => existsSync(UNLEASH) && existsSync(POSTGRESQL);

/**
 * Starts Unleash on the first processor, with a PostgreSQL of its own, and the flags of `userFlag` in its own terms: three
 * conditions that hold for everybody who asks, and half of the users.
 */
export async function startUnleash(directory: string, flags: number): Promise<Unleash> {
  const { url, stop: stopDatabase } = await startPostgresql(join(directory, `postgresql-${flags}`));
  const file = join(directory, `unleash-${flags}.json`);
  writeFileSync(file, JSON.stringify(exportOf(flags)));
  const port = await findFreePort();
  const server = await start(0, ['node', UNLEASH], /./, {
    ...{ DATABASE_URL: url, DATABASE_SSL: 'false', HTTP_HOST: '127.0.0.1', PORT: String(port), NODE_ENV: 'production' },
    NODE_NO_WARNINGS: '1',
    ...{ LOG_LEVEL: 'info', CHECK_VERSION: 'false', SEND_TELEMETRY: 'false', INIT_FRONTEND_API_TOKENS: TOKEN },
    ...{ IMPORT_FILE: file, IMPORT_PROJECT: 'default', IMPORT_ENVIRONMENT: 'development' },
    // Its limits are for clients that poll; the load is one client.
    ...{ SDK_API_RATE_LIMIT_PER_MINUTE: '1000000000', TOKEN_AUTHENTICATION_RATE_LIMIT_PER_MINUTE: '1000000000' },
  });
  server.process.stdout!.resume();
  const address = `127.0.0.1:${port}`;
  await untilServed(`http://${address}/api/frontend?userId=user-1&${PROPERTIES}`, flags);
  return {
    ...server,
    ...{ address, token: TOKEN },
    async stop() {
      await server.stop();
      await stopDatabase();
    },
  };
}

/** What a front end says of its user: what Latchkey has stored. */
export const PROPERTIES = 'properties[plan]=pro&properties[reports]=12&properties[days]=30';

function exportOf(flags: number) {
  const keys = Array.from({ length: flags }, (_, n) => flagKey(n));
  const constraint = (contextName: string, operator: string, rest: object) => ({ contextName, operator, ...rest });
  return {
    features: keys.map((name) => ({ name, type: 'release', project: 'default', impressionData: false })),
    featureStrategies: keys.map((featureName, n) => ({
      ...{ featureName, name: 'flexibleRollout', segments: [] },
      parameters: { rollout: '50', stickiness: 'userId', groupId: featureName },
      constraints: [
        constraint('plan', 'IN', { values: ['pro'] }),
        constraint('reports', 'NUM_GTE', { values: [], value: '1' }),
        constraint('days', 'NUM_GTE', { values: [], value: String(n % 7) }),
      ],
    })),
    featureEnvironments: keys.map((name) => ({ name, featureName: name, environment: 'development', enabled: true })),
    contextFields: ['plan', 'reports', 'days'].map((name) => ({
      name,
      description: '',
      legalValues: [],
      stickiness: false,
    })),
    ...{ tagTypes: [], featureTags: [], segments: [], dependencies: [] },
  };
}

async function untilServed(url: string, flags: number): Promise<void> {
  const deadline = performance.now() + READY_LIMIT_MS;
  for (;;) {
    const last = await fetch(url, { headers: { authorization: TOKEN } })
      .then(async (response) => ((await response.json()) as { readonly toggles: readonly object[] }).toggles.length)
      .catch((error: Error) => error.message);
    // About half of the flags are on for one user.
    if (typeof last === 'number' && last > 0.2 * flags && last < 0.8 * flags) return;
    if (performance.now() > deadline) throw new Error(`Unleash serves ${last} of ${flags} flags`);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

/** Starts a PostgreSQL of this run's own, on a free port and with files in this folder. */
async function startPostgresql(folder: string): Promise<{ readonly url: string; stop(): Promise<void> }> {
  const version = readdirSync(POSTGRESQL).toSorted().at(-1)!;
  const program = (name: string): string => join(POSTGRESQL, version, 'bin', name);
  mkdirSync(folder);
  // It refuses to run as root; its packages bring a user for it.
  const asUser = process.getuid?.() === 0 ? ['setpriv', '--reuid=postgres', '--regid=postgres', '--clear-groups'] : [];
  if (asUser.length > 0) {
    const id = (kind: string): number => Number(execFileSync('id', [kind, 'postgres'], { encoding: 'utf8' }));
    chownSync(folder, id('-u'), id('-g'));
    execFileSync('chmod', ['o+x', join(folder, '..')]);
  }
  const command = (words: readonly string[]): readonly string[] => [...asUser, ...words];
  const data = join(folder, 'data');
  const [initializer, ...initializerArgs] = command([
    program('initdb'),
    '-D',
    data,
    '-U',
    'bench',
    '-A',
    'trust',
    '-N',
  ]);
  execFileSync(initializer!, initializerArgs, { stdio: 'ignore' });
  const port = String(await findFreePort());
  const [daemon, ...daemonArgs] = command([program('postgres'), '-D', data, '-p', port, '-k', '', '-h', '127.0.0.1']);
  const server = startServerProcess(daemon!, daemonArgs);
  const asked = [program('pg_isready'), '-h', '127.0.0.1', '-p', port, '-q'];
  await waitUntilReady(server, {
    ...{ name: 'postgres', limitMs: READY_LIMIT_MS },
    isReady: () => {
      try {
        execFileSync(asked[0]!, asked.slice(1), { stdio: 'ignore' });
        return Promise.resolve(true);
      } catch {
        return Promise.resolve(false);
      }
    },
  });
  return { url: `postgres://bench@127.0.0.1:${port}/postgres`, stop: () => server.stop('SIGINT') };
}
