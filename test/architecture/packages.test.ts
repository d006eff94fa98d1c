import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { historyFromJSON, historyToJSON } from '@temporalio/common/lib/proto-utils';
import { ROOT, textOf } from './sources';
import { accepts } from './version-range';

interface Locked {
  readonly version: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly dev?: boolean;
  readonly devOptional?: boolean;
  readonly engines?: { readonly node?: string };
}

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly engines: { readonly node: string };
}

/** The oldest line that we promise to run on. */
const OLDEST_NODE = '20.20.0';

const manifest = JSON.parse(textOf('package.json')) as Manifest;
const lock = JSON.parse(textOf('package-lock.json')) as {
  packages: Readonly<Record<string, Locked>>;
};
const installed = Object.entries(lock.packages).filter(([path]) => path !== '');

function versionsOf(name: RegExp): string[] {
  return installed.filter(([path]) => name.test(path)).map(([, { version }]) => version);
}

test('every dependency is named with one exact version', () => {
  const all = { ...manifest.dependencies, ...manifest.devDependencies };
  const loose = Object.entries(all).filter(([, range]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(range));

  expect(Object.keys(all).length).toBeGreaterThan(20);
  expect(loose).toEqual([]);
});

test('all packages of the Temporal SDK have the same version', () => {
  const versions = versionsOf(/(^|\/)@temporalio\/[^/]+$/);

  expect(versions.length).toBeGreaterThan(6);
  expect(new Set(versions)).toEqual(new Set([manifest.dependencies['@temporalio/client']]));
});

test('only one protobufjs 8 is installed: with private copies the SDK cannot read histories', () => {
  expect(versionsOf(/(^|\/)protobufjs$/).filter((version) => version.startsWith('8.'))).toEqual([
    manifest.dependencies.protobufjs,
  ]);
});

test('a history can be read from JSON and written again', () => {
  const json = JSON.stringify({
    events: [
      {
        eventId: '1',
        eventTime: '2026-11-22T10:00:00Z',
        eventType: 'EVENT_TYPE_WORKFLOW_EXECUTION_STARTED',
        workflowExecutionStartedEventAttributes: { workflowType: { name: 'dispatch' } },
      },
    ],
  });

  const history = historyFromJSON(JSON.parse(json));

  expect(history.events?.[0]?.workflowExecutionStartedEventAttributes?.workflowType?.name).toBe(
    'dispatch',
  );
  expect(JSON.parse(historyToJSON(history))).toMatchObject({
    events: [{ eventId: '1', eventType: 'EVENT_TYPE_WORKFLOW_EXECUTION_STARTED' }],
  });
});

test('the lock file names no address to download from, and a hash for every package', () => {
  expect(installed.filter(([, { resolved }]) => resolved !== undefined)).toEqual([]);
  expect(installed.filter(([, { integrity }]) => integrity === undefined)).toEqual([]);
});

test(`we and every package that production needs run on Node ${OLDEST_NODE}`, () => {
  const needed = installed.filter(([, { dev, devOptional }]) => !dev && !devOptional);
  const refusing = needed.filter(
    ([, { engines }]) => engines?.node !== undefined && !accepts(engines.node, OLDEST_NODE),
  );

  expect(needed.length).toBeGreaterThan(100);
  expect(refusing).toEqual([]);
  expect(accepts(manifest.engines.node, OLDEST_NODE)).toBe(true);
});

test('what the lock file names is what is installed', () => {
  const missing = Object.keys(manifest.dependencies).filter((name) => {
    const path = `node_modules/${name}`;
    const found = join(ROOT, path, 'package.json');
    const version = existsSync(found)
      ? (JSON.parse(textOf(`${path}/package.json`)) as Locked).version
      : undefined;
    return version !== lock.packages[path]?.version;
  });

  expect(missing).toEqual([]);
});
