import { LatchkeyError } from '../calls/errors.js';
import { type Command, parseArguments, USAGE } from '../cli/arguments.js';
import { type Config, readConfig, readDatabaseConfig } from '../config/config.js';
import { ConfigError } from '../config/environment.js';
import { createLogger, type Logger } from '../observability/logger.js';
import { SchemaMismatch } from '../store/sql/schema/schema.js';
import { StoreUnavailable } from '../store/store.js';
import { consoleLine } from './console-line.js';
import { loadDemo } from './demo.js';
import { loadDemoPeople } from './demo-people.js';
import { migrate, openStore } from './server/open-adapters.js';
import { type RunningServer, startServer } from './server/start-server.js';

/** How long calls under way may take after SIGTERM. */
const DRAIN_MS = 10_000;

/** Says what a signal does from now on. Before that, it ends the process at once. */
type OnSignal = (listener: (signal: string) => void) => void;

/** Carries out a command line; the exit code tells whether it succeeded. */
export async function run(words: readonly string[], onSignal: OnSignal): Promise<void> {
  // This process may be the child of one with an older Node, see `main.ts`: when that is killed, this one has to end, too.
  process.once('disconnect', () => process.exit(1));
  const command = parseArguments(words);
  if (command.name === 'wrong') {
    process.stderr.write(`latchkey: ${command.message}\n\n${USAGE}\n`);
    process.exitCode = 2;
    return;
  }
  try {
    await carryOut(command, onSignal);
  } catch (error) {
    process.stderr.write(`latchkey: ${explain(error)}\n`);
    process.exit(1);
  }
}

async function carryOut(command: Command, onSignal: OnSignal): Promise<void> {
  switch (command.name) {
    case 'help':
      process.stdout.write(`${USAGE}\n`);
      return;
    case 'migrate': {
      const { applied } = await migrate(readDatabaseConfig());
      process.stderr.write(applied.length === 0 ? 'the schema is up to date\n' : `applied ${applied.join(', ')}\n`);
      return;
    }
    case 'restored': {
      const store = await openStore(readDatabaseConfig(), { onPoolWait: () => undefined, dropProperties: false });
      try {
        await store.renewEpoch();
      } finally {
        await store.close();
      }
      process.stderr.write('another epoch has begun; running servers notice within seconds\n');
      return;
    }
    case 'serve':
      await serve(command.demo, onSignal);
  }
}

async function serve(demo: boolean, onSignal: OnSignal): Promise<void> {
  const config = readConfig();
  const logger = createLogger(config.logLevel);
  const server = await startServer(config, logger, (error) => {
    // What was acknowledged is durable, so there is nothing to wait for.
    process.stderr.write(`latchkey: ${explain(error)}\n`);
    process.exit(1);
  });
  onSignal(stopOf(server, logger));
  if (server.adminTokenFile !== undefined)
    logger.info({ file: server.adminTokenFile }, 'the admin token is in this file');
  if (server.opsAddress !== undefined)
    logger.info({ address: server.opsAddress }, 'health and metrics are served here');
  if (demo) await loadDemo(server);
  process.stdout.write(readyLine(config, server));
  process.stderr.write(consoleLine(config, server));
  // Nobody waits for them: whoever looks finds them a moment later.
  if (demo)
    await loadDemoPeople(server).catch((error: unknown) => {
      logger.warn(
        { error: explain(error) },
        'the people of the demonstration are not all there; they come with the next start',
      );
    });
}

/** The one line on standard output. */
function readyLine(config: Config, { grpcAddress, flagdAddress, httpAddress }: RunningServer): string {
  const off = (role: 'grpc' | 'rest'): string => (config.roles.has(role) ? '' : 'off');
  const flagd = flagdAddress === undefined ? '' : ` flagd=${flagdAddress}`;
  return `latchkey ready grpc=${grpcAddress ?? off('grpc')} http=${httpAddress ?? off('rest')}${flagd}\n`;
}

/** Stops the server, once. */
function stopOf(server: RunningServer, logger: Logger): (signal: string) => void {
  let stopping = false;
  return (signal) => {
    if (stopping) return;
    stopping = true;
    logger.info({ signal }, 'stopping');
    server.stop(DRAIN_MS).then(
      () => process.exit(0),
      (error: unknown) => {
        logger.error({ err: error }, 'the stop failed');
        process.exit(1);
      },
    );
  };
}

/** What to print of a failure: one line for what an operator can mend, the stack for anything else. */
function explain(error: unknown): string {
  if (error instanceof StoreUnavailable) return `${error.message}; check DATABASE_URL and that the database is up`;
  if (error instanceof ConfigError || error instanceof SchemaMismatch || error instanceof LatchkeyError)
    return error.message;
  if (!(error instanceof Error)) return String(error);
  return 'syscall' in error ? error.message : (error.stack ?? error.message);
}
