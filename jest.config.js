/** Jest runs the TypeScript sources as ES modules, through SWC; `dist/` is never tested. */
export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/src', '<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { parser: { syntax: 'typescript' }, target: 'es2024' }, module: { type: 'es6' } },
    ],
  },
  // Tests wait for clocks and servers more than they compute. A worker that has grown gives its memory back.
  maxWorkers: 2,
  workerIdleMemoryLimit: '2GB',
  testTimeout: 60_000,
  globalSetup: '<rootDir>/test/servers/global-setup.mjs',
  globalTeardown: '<rootDir>/test/servers/global-teardown.mjs',
};
