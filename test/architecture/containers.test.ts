import { statSync } from 'node:fs';
import { join } from 'node:path';
import { SETTINGS, TEMPORAL_VARIABLES } from '../../runtime/settings';
import { projectFiles, textOf } from './sources';

const files = projectFiles();
const dockerfile = textOf('Dockerfile');
const compose = textOf('docker-compose.yml');

const OUR_VARIABLES = new Set([
  // Read by Express and by npm.
  'NODE_ENV',
  ...Object.values(SETTINGS).map(({ name }) => name),
  ...TEMPORAL_VARIABLES.flatMap(({ name }) => name.split(', ')),
]);
const DEFAULT_PORT = SETTINGS.apiPort.fallback;

/** The text of each service, by name. */
function servicesOf(text: string): Map<string, string> {
  const body = /^services:\n([^]*?)^\S/m.exec(`${text}end`)?.[1] ?? '';
  const parts = body.split(/^ {2}([\w-]+):\n/m).slice(1);
  return new Map(
    parts.flatMap((name, index) => (index % 2 === 0 ? [[name, parts[index + 1] ?? '']] : [])),
  );
}

const services = servicesOf(compose);
const ours = [...services].filter(([, text]) => text.includes('<<: *product\n'));
const sharedEnvironment = /^x-product-environment:[^]*?^\S/m.exec(compose.slice(1))?.[0] ?? '';

/** Names that a map of variables gives values to. */
function variablesIn(text: string): string[] {
  return [...text.matchAll(/^ +([A-Z][A-Z0-9_]+): /gm)].map(([, name = '']) => name);
}

const imageVariables = [...(/^ENV (.*)$/m.exec(dockerfile)?.[1] ?? '').matchAll(/(\w+)=/g)].map(
  ([, name = '']) => name,
);

/** A compiled file is there if its source is. */
function sourceOf(compiled: string): string {
  return compiled.replace(/^dist\//, '').replace(/\.js$/, '.ts');
}

it('reads its own files as they are meant', () => {
  expect([...services.keys()]).toEqual([
    'postgres',
    'temporal-schema',
    'temporal',
    'temporal-namespace',
    'temporal-ui',
    'migrate',
    'api',
    'worker',
  ]);
  expect(ours.map(([name]) => name)).toEqual(['migrate', 'api', 'worker']);
  expect(variablesIn(sharedEnvironment)).toContain('SECRETS_KEYS');
  expect(imageVariables).toEqual(['NODE_ENV', 'API_HOST']);
});

it.each(['Dockerfile', ...ours.map(([name]) => name), 'x-product-environment'])(
  '%s sets no variable that nobody reads',
  (place) => {
    const text = new Map([...services, ['x-product-environment', sharedEnvironment]]).get(place);
    const names = text === undefined ? imageVariables : variablesIn(text);

    expect(names.filter((name) => !OUR_VARIABLES.has(name))).toEqual([]);
  },
);

it('every setting without a default is given to the processes that read it', () => {
  for (const [name, text] of ours) {
    const given = new Set([
      ...variablesIn(text),
      ...(text.includes('*product-environment') ? variablesIn(sharedEnvironment) : []),
    ]);
    const needed = Object.values(SETTINGS).filter(
      ({ readBy, fallback, schema }) =>
        (readBy as readonly string[]).includes(name) &&
        fallback === undefined &&
        !schema.safeParse(undefined).success,
    );

    expect(needed.map((setting) => setting.name).filter((one) => !given.has(one))).toEqual([]);
  }
});

it('every command runs a file that is compiled', () => {
  const commands = [...`${dockerfile}${compose}`.matchAll(/\bdist\/[\w/-]+\.js\b/g)].map(
    ([path]) => path,
  );

  expect(new Set(commands)).toEqual(
    new Set(['dist/api/main.js', 'dist/worker/main.js', 'dist/migrations/migrate.js']),
  );
  expect(commands.map(sourceOf).filter((path) => !files.includes(path))).toEqual([]);
});

it('the image builds with scripts that package.json has, from files that are there', () => {
  const { scripts } = JSON.parse(textOf('package.json')) as { scripts: Record<string, string> };
  const run = [...dockerfile.matchAll(/npm run (\S+)/g)].map(([, name = '']) => name);
  const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.*) \S+$/gm)]
    .flatMap(([, names = '']) => names.split(' '))
    .filter((name) => name !== '.');

  expect(run).toEqual(['build']);
  expect(run.filter((name) => !(name in scripts))).toEqual([]);
  expect(copied).toContain('package-lock.json');
  expect(copied.filter((name) => !files.includes(name))).toEqual([]);
});

it('what is mounted is there, and what a container runs is mounted', () => {
  const mounts = [...compose.matchAll(/- \.\/(\S+?):(\S+?):ro$/gm)].map(
    ([, from = '', to = '']) => ({ from, to }),
  );
  const run = [...compose.matchAll(/command: \[sh, (\S+)\]/g)].map(([, path = '']) => path);
  const named = [...compose.matchAll(/DYNAMIC_CONFIG_FILE_PATH: (\S+)/g)].map(([, path]) => path);
  const targets = mounts.map(({ to }) => to);

  expect(mounts.map(({ from }) => from).filter((path) => !files.includes(path))).toEqual([]);
  expect(run).toHaveLength(2);
  expect([...run, ...named].filter((path) => !targets.includes(path ?? ''))).toEqual([]);
  // The Postgres image reads a script that it cannot execute into its own shell.
  expect(statSync(join(__dirname, '../../docker/create-databases.sh')).mode & 0o111).not.toBe(0);
});

it('ports are the ones the processes listen on', () => {
  expect(/^EXPOSE (\d+)$/m.exec(dockerfile)?.[1]).toBe(DEFAULT_PORT);
  expect(services.get('api')).toContain(`127.0.0.1:${DEFAULT_PORT}:${DEFAULT_PORT}\n`);
  expect(services.get('api')).toContain(`http://127.0.0.1:${DEFAULT_PORT}/readyz`);
  const metricsPort = /METRICS_PORT: (\d+)/.exec(services.get('worker') ?? '')?.[1];
  expect(services.get('worker')).toContain(`http://127.0.0.1:${metricsPort}/metrics`);
});

it('only this machine reaches what is published', () => {
  const published = [...compose.matchAll(/^ {6}- (\S+:\d+)$/gm)].map(([, port = '']) => port);

  expect(published).toHaveLength(2);
  expect(published.filter((port) => !port.startsWith('127.0.0.1:'))).toEqual([]);
});

it('no password or key has a default or stands in the file', () => {
  const values = [...compose.matchAll(/^ +(\w*(?:PASSWORD|PWD|KEYS?|SECRET)\w*): (.*)$/gm)];

  expect(values.length).toBeGreaterThan(4);
  expect(values.filter(([, , value = '']) => !/^\$\{\w+:\?[^}]+\}$/.test(value))).toEqual([]);
  expect(compose).not.toMatch(/:\/\/\w+:(?!\$\{\w+:\?)[^@\s]*@/);
});

it('every process that depends on the schema waits for it', () => {
  for (const name of ['api', 'worker']) {
    expect(services.get(name)).toContain('migrate: { condition: service_completed_successfully }');
    expect(services.get(name)).toContain(
      'temporal-namespace: { condition: service_completed_successfully }',
    );
  }
});

it('the image runs as nobody in particular, without what only development needs', () => {
  const last = dockerfile.slice(dockerfile.lastIndexOf('FROM '));

  expect(last).toMatch(/^USER node$/m);
  expect(last).not.toMatch(/npm (ci|install)/);
  expect(dockerfile).toMatch(/npm ci --omit=dev/);
  expect(last).toMatch(/--from=packages/);
});
