/**
 * Three projects, so that a run starts only what its tests need: jest calls a project's global setup only when one of
 * its test files is in the run. A new folder under `test/` belongs to `real` by itself.
 */
const PURE = ['architecture', 'contract', 'domain', 'providers', 'runtime', 'dev'];
const REPLAY = ['replay'];

const common = {
  testEnvironment: '<rootDir>/test/support/environment.ts',
  transform: { '^.+\\.[cm]?[jt]s$': ['@swc/jest', swcOptions()] },
  // These packages ship ES modules only; jest runs CommonJS.
  transformIgnorePatterns: ['/node_modules/(?!jose/)'],
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/\\.dev/'],
};

function swcOptions() {
  return {
    swcrc: false,
    sourceMaps: 'inline',
    jsc: { target: 'es2023', parser: { syntax: 'typescript' } },
    module: { type: 'commonjs' },
  };
}

const inFolders = (folders) => folders.map((folder) => `<rootDir>/test/${folder}/**/*.test.ts`);
const ofFolders = (folders) => folders.map((folder) => `<rootDir>/test/${folder}/`);

/** `TEST_SERVERS=none`: nothing is started or bundled, whatever the run contains. */
const withSetup =
  process.env.TEST_SERVERS === 'none'
    ? () => ({})
    : (name) => ({
        globalSetup: `<rootDir>/test/support/global-setup-${name}.ts`,
        globalTeardown: '<rootDir>/test/support/global-teardown.ts',
      });

module.exports = {
  maxWorkers: 2,
  testTimeout: 30_000,
  reporters: [
    'default',
    ...(process.env.TEST_SUMMARY_FILE ? ['<rootDir>/scripts/test-summary.cjs'] : []),
  ],
  projects: [
    { ...common, displayName: 'pure', testMatch: inFolders(PURE) },
    { ...common, displayName: 'replay', testMatch: inFolders(REPLAY), ...withSetup('replay') },
    {
      ...common,
      displayName: 'real',
      testMatch: ['<rootDir>/test/**/*.test.ts'],
      testPathIgnorePatterns: ['/node_modules/', ...ofFolders([...PURE, ...REPLAY])],
      ...withSetup('real'),
    },
  ],
};
