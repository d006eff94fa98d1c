import { join, relative, sep } from 'node:path';
import { bundleWorkflowCode, type BundleOptions } from '@temporalio/worker';
import { ROOT } from './sources';

/**
 * What may be inside the workflow sandbox: our rules and workflows, and the Temporal SDK with what it brings itself.
 * Everything else is code that replays for the life of a dispatch: a new line here is a decision.
 */
const ALLOWED = [
  'workflows',
  'domain',
  'node_modules/@temporalio/workflow',
  'node_modules/@temporalio/common',
  // Brought by these two.
  'node_modules/long',
  'node_modules/ms',
  'node_modules/nexus-rpc',
];

type WebpackHook = NonNullable<BundleOptions['webpackConfigHook']>;

const quiet = () => undefined;
const logger = {
  log: quiet,
  trace: quiet,
  debug: quiet,
  info: quiet,
  warn: quiet,
  error: quiet,
};

let modules: string[];
let bytes: number;

beforeAll(async () => {
  const found = new Set<string>();
  const { code } = await bundleWorkflowCode({
    workflowsPath: join(ROOT, 'workflows/index.ts'),
    webpackConfigHook: recordModules(found),
    logger,
  });
  bytes = Buffer.byteLength(code);
  modules = [...found].map((path) => relative(ROOT, path).split(sep).join('/'));
});

/** Also what webpack has concatenated into one module is seen: every file is resolved by itself. */
function recordModules(found: Set<string>): WebpackHook {
  return (config) => ({
    ...config,
    plugins: [
      ...(config.plugins ?? []),
      {
        apply: (compiler) =>
          compiler.hooks.compilation.tap('record-modules', (compilation) => {
            compilation.hooks.succeedModule.tap('record-modules', (module) => {
              const path = module.nameForCondition();
              if (path !== null) {
                found.add(path);
              }
            });
          }),
      },
    ],
  });
}

test('the workflow bundle has nothing but the SDK and our own workflows and rules', () => {
  const strangers = modules.filter(
    (path) => !ALLOWED.some((allowed) => path.startsWith(`${allowed}/`)),
  );

  expect(strangers).toEqual([]);
  expect(modules).toEqual(
    expect.arrayContaining([
      'workflows/dispatch.ts',
      'domain/failover.ts',
      'node_modules/@temporalio/workflow/lib/index.js',
    ]),
  );
});

test('the workflow bundle stays below 2 MiB: every worker loads it, every cached workflow pays for it', () => {
  expect(bytes).toBeLessThan(2 * 1024 * 1024);
});
