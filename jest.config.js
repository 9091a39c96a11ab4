/** Jest runs the TypeScript sources as ES modules, through SWC; `dist/` is never tested. */
export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/src', '<rootDir>/test', '<rootDir>/console/src'],
  testMatch: ['**/*.test.ts'],
  // In the order in which they are looked for: nearly all files of this tree are TypeScript.
  moduleFileExtensions: ['ts', 'js', 'mjs', 'cjs', 'json', 'node'],
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { parser: { syntax: 'typescript' }, target: 'es2024' }, module: { type: 'es6' } },
    ],
  },
  // Many tests wait for clocks and servers more than they compute: two more workers fill what two leave of two processors. A worker
  // that has grown gives its memory back.
  maxWorkers: 4,
  testSequencer: '<rootDir>/test/servers/longest-first.mjs',
  workerIdleMemoryLimit: '2GB',
  // For what hangs, on a machine that does other things as well.
  testTimeout: 180_000,
  setupFilesAfterEnv: ['<rootDir>/test/servers/stack-traces.mjs'],
  globalSetup: '<rootDir>/test/servers/global-setup.mjs',
  globalTeardown: '<rootDir>/test/servers/global-teardown.mjs',
};
