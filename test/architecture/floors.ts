/**
 * The table that the architecture test holds: which part of `src` may import which other, and which package may be
 * imported where. A path belongs to the first part whose pattern matches.
 */
export interface Part {
  readonly name: string;
  readonly paths: RegExp;
  /** Names of parts it may import, besides itself. */
  readonly mayImport: readonly string[];
}

const PORTS = ['store port', 'queue port', 'notify port', 'deliver port'];
/** Each may import those after it: what a write unlocks stands on the configuration, that on how a call is made. */
const BELOW_USE_CASES = ['unlocking', 'announcing', 'configuration', 'calls'];
const USE_CASES = ['services', 'worker', ...BELOW_USE_CASES];
const COMPOSITION = ['main', 'config', 'compose', 'test server'];

const BUILT_FROM_ALL = [
  ...['core', 'outages', 'redis', ...PORTS, ...USE_CASES],
  ...['store/sql', 'store/mysql', 'store/sqlite', 'store/cached'],
  ...['queue/bullmq', 'queue/embedded', 'notify/redis', 'notify/local', 'deliver/http'],
  ...['protocol', 'identity', 'openfeature', 'flagd', 'grpc', 'rest', 'cli', 'observability'],
];

const CONSOLE_BELOW_PAGES = ['types of the API', 'console words', 'console api', 'console ui'];

export const PARTS: readonly Part[] = [
  // Types alone: what compiled code imports of it is nothing.
  { name: 'types of the API', paths: /^src\/protocol\/gen\/admin-json\.ts$/, mayImport: [] },
  { name: 'core', paths: /^src\/core\//, mayImport: [] },
  // How long to wait for what may be away, and how often to say that it is: for whoever stands beside such a thing.
  { name: 'outages', paths: /^src\/outages\//, mayImport: [] },

  // How Redis is addressed: for both adapters on it, and for the configuration.
  { name: 'redis', paths: /^src\/redis\//, mayImport: [] },

  { name: 'store port', paths: /^src\/store\/[^/]+$/, mayImport: ['core'] },
  { name: 'queue port', paths: /^src\/queue\/[^/]+$/, mayImport: ['core'] },
  { name: 'notify port', paths: /^src\/notify\/[^/]+$/, mayImport: ['core'] },
  { name: 'deliver port', paths: /^src\/deliver\/[^/]+$/, mayImport: ['core'] },

  { name: 'calls', paths: /^src\/calls\//, mayImport: ['core', 'outages', ...PORTS] },
  { name: 'configuration', paths: /^src\/configuration\//, mayImport: ['core', ...PORTS, 'calls'] },
  { name: 'announcing', paths: /^src\/announcing\//, mayImport: ['core', ...PORTS] },
  {
    name: 'unlocking',
    paths: /^src\/unlocking\//,
    mayImport: ['core', ...PORTS, 'calls', 'configuration', 'announcing'],
  },
  { name: 'services', paths: /^src\/services\//, mayImport: ['core', 'outages', ...PORTS, ...BELOW_USE_CASES] },
  { name: 'worker', paths: /^src\/worker\//, mayImport: ['core', ...PORTS, ...BELOW_USE_CASES] },

  // SQL that both engines share; each engine's own folder builds on it.
  { name: 'store/sql', paths: /^src\/store\/sql\//, mayImport: ['core', 'store port'] },
  { name: 'store/mysql', paths: /^src\/store\/mysql\//, mayImport: ['core', 'store port', 'store/sql'] },
  { name: 'store/sqlite', paths: /^src\/store\/sqlite\//, mayImport: ['core', 'store port', 'store/sql'] },
  { name: 'store/cached', paths: /^src\/store\/cached\//, mayImport: ['core', 'store port'] },
  { name: 'queue/bullmq', paths: /^src\/queue\/bullmq\//, mayImport: ['core', 'outages', 'redis', 'queue port'] },
  { name: 'queue/embedded', paths: /^src\/queue\/embedded\//, mayImport: ['core', 'outages', 'queue port'] },
  { name: 'notify/redis', paths: /^src\/notify\/redis\//, mayImport: ['core', 'outages', 'redis', 'notify port'] },
  { name: 'notify/local', paths: /^src\/notify\/local\//, mayImport: ['core', 'notify port'] },
  { name: 'deliver/http', paths: /^src\/deliver\/http\//, mayImport: ['core', 'outages', 'deliver port'] },

  { name: 'generated code', paths: /^src\/protocol\/gen\//, mayImport: ['well-known types'] },
  // Codecs by hand that generated code is told to use in place of its own.
  { name: 'well-known types', paths: /^src\/protocol\/well-known\//, mayImport: ['core'] },
  // What the protocol says, for whichever door serves it.
  {
    name: 'protocol',
    paths: /^src\/protocol\//,
    mayImport: ['core', 'services', 'calls', 'generated code', 'well-known types'],
  },
  // Who calls: whom tokens name, for whichever door they are brought to.
  { name: 'identity', paths: /^src\/identity\//, mayImport: ['core', 'outages', 'services', 'calls'] },
  // What OpenFeature's clients are told, for whichever door they come by.
  { name: 'openfeature', paths: /^src\/openfeature\//, mayImport: ['core', 'services', 'calls'] },
  { name: "flagd's generated code", paths: /^src\/flagd\/gen\//, mayImport: [] },
  // What flagd's clients are answered, over gRPC and over Connect.
  {
    name: 'flagd',
    paths: /^src\/flagd\//,
    mayImport: ['core', 'services', 'calls', 'configuration', 'protocol', 'openfeature', "flagd's generated code"],
  },
  {
    name: 'grpc',
    paths: /^src\/grpc\//,
    mayImport: [
      ...['core', 'outages', 'services', 'calls', 'identity', 'openfeature', 'flagd', 'protocol'],
      ...['generated code', 'well-known types'],
    ],
  },
  {
    name: 'rest',
    paths: /^src\/rest\//,
    mayImport: ['core', 'services', 'calls', 'identity', 'openfeature', 'flagd', 'protocol'],
  },
  { name: 'cli', paths: /^src\/cli\//, mayImport: ['core', 'services', 'calls'] },

  // Nobody below sees these; they build everything, and nobody imports them but each other.
  {
    name: 'observability',
    paths: /^src\/observability\//,
    mayImport: ['core', 'outages', ...PORTS, 'services', 'calls', 'worker'],
  },
  // The console runs in browsers and knows the server by its API alone: of src it imports the types of the API's JSON.
  { name: 'console words', paths: /^console\/src\/words\//, mayImport: [] },
  { name: 'console draft', paths: /^console\/src\/draft\//, mayImport: ['types of the API'] },
  { name: 'console api', paths: /^console\/src\/api\//, mayImport: ['types of the API'] },
  { name: 'console ui', paths: /^console\/src\/ui\//, mayImport: ['console words'] },
  { name: 'console parts', paths: /^console\/src\/parts\//, mayImport: [...CONSOLE_BELOW_PAGES, 'console draft'] },
  {
    name: 'console pages',
    paths: /^console\/src\/pages\//,
    mayImport: [...CONSOLE_BELOW_PAGES, 'console parts', 'console draft'],
  },
  {
    name: 'console app',
    paths: /^console\/src\/(?:app\/|main\.tsx$|[\w-]+\.d\.ts$)/,
    mayImport: [...CONSOLE_BELOW_PAGES, 'console parts', 'console pages'],
  },

  { name: 'main', paths: /^src\/main\.ts$/, mayImport: [...BUILT_FROM_ALL, 'config', 'compose'] },
  { name: 'config', paths: /^src\/config\//, mayImport: BUILT_FROM_ALL },
  { name: 'compose', paths: /^src\/compose\//, mayImport: [...BUILT_FROM_ALL, 'config'] },
  // What teams that use Latchkey start from their own tests. Nothing imports it, so that no other server has its movable clock.
  { name: 'test server', paths: /^src\/test-server\//, mayImport: [...BUILT_FROM_ALL, 'config', 'compose'] },
];

/** Parts that construct things. */
export const COMPOSITION_PARTS: readonly string[] = COMPOSITION;

/** Each package, and the only part of the tree that may import it. A package without an entry may be imported nowhere. */
export const WALLS: ReadonlyArray<{ readonly package: RegExp; readonly paths: RegExp; readonly where: string }> = [
  { package: /^(knex|mysql2|better-sqlite3)$/, paths: /^src\/store\/[^/]+\//, where: "the store's adapters" },
  { package: /^node-cache$/, paths: /^src\/store\/[^/]+\//, where: "the store's adapters" },
  {
    package: /^lru-cache$/,
    paths: /^src\/(services|identity|rest|store\/[^/]+)\//,
    where: "src/services, src/identity, src/rest and the store's adapters",
  },
  { package: /^bullmq$/, paths: /^src\/queue\/[^/]+\//, where: "the queue's adapters" },
  { package: /^ioredis$/, paths: /^src\/(queue|notify)\/[^/]+\//, where: "the queue's and the notifier's adapters" },
  {
    package: /^(@grpc\/.+|grpc-health-check)$/,
    paths: /^src\/grpc\//,
    where: 'src/grpc',
  },
  {
    package: /^@bufbuild\/protobuf$/,
    paths: /^src\/(protocol|flagd|grpc|rest\/connect)\//,
    where: 'src/protocol, src/flagd, src/grpc and src/rest/connect',
  },
  { package: /^(fastify|@fastify\/.+|typebox)$/, paths: /^src\/rest\//, where: 'src/rest' },
  { package: /^jose$/, paths: /^src\/identity\//, where: 'src/identity' },
  { package: /^@connectrpc\/connect$/, paths: /^src\/rest\/connect\//, where: 'src/rest/connect' },
  { package: /^(json-rules-engine|re2js|semver)$/, paths: /^src\/core\//, where: 'src/core' },
  { package: /^(?:react|react-dom|@tanstack\/.+)$/, paths: /^console\/src\//, where: 'console/src' },
  {
    package: /^(?:@base-ui\/.+|@fontsource-variable\/.+)$/,
    paths: /^console\/src\/ui\//,
    where: 'console/src/ui',
  },
  {
    package: /^(?:@codemirror|@lezer)\/.+$/,
    paths: /^console\/src\/parts\/json-editor\//,
    where: 'console/src/parts/json-editor',
  },
  {
    package: /^temporal-polyfill$/,
    paths: /^src\/core\/values\/time\/time-zone\.ts$/,
    where: 'src/core/values/time/time-zone.ts',
  },
  {
    package: /^(pino|prom-client)$/,
    paths: /^src\/(main\.ts|config\/|compose\/|observability\/)/,
    where: 'src/main.ts, src/config, src/compose and src/observability',
  },
];

/** Of what these import nothing may be left when they are compiled. */
export const TYPES_ALONE = /^src\/protocol\/gen\/admin-json\.ts$/;

/** Tests, and what only tests use; they may import anything, and nothing else may import them. */
export const TEST_PATHS = /\.test\.ts$|\/testing\//;

/** The only readers of the environment. */
export const ENVIRONMENT_PATHS = /^src\/(main|config\/config)\.ts$/;

/** What a pure, synchronous and total function has no use for. */
export const IMPURE: ReadonlyArray<{ readonly pattern: RegExp; readonly what: string }> = [
  { pattern: /\bDate\.now\b|\bnew Date\(\s*\)|\bperformance\.now\b/, what: 'reads the clock' },
  { pattern: /\bMath\.random\b|\bcrypto\.\w+/, what: 'uses randomness' },
  { pattern: /\bawait\b|\basync\b/, what: 'waits' },
  { pattern: /\bconsole\.\w+/, what: 'writes a log' },
];
