import { ConfigError, describeConfig, loadConfig } from '../../runtime/config';
import { ROLES } from '../../runtime/setting';
import { SETTINGS } from '../../runtime/settings';

const KEY = `k1:${Buffer.from(Array.from({ length: 32 }, (_, index) => (index * 37) % 251)).toString('base64')}`;
const ENV = {
  DATABASE_URL: 'postgresql://dispatch:hunter2@127.0.0.1:5432/dispatch',
  SECRETS_KEYS: KEY,
};

function problemsOf(env: Record<string, string | undefined>): readonly string[] {
  try {
    loadConfig(env, ['api', 'worker']);
  } catch (err) {
    expect(err).toBeInstanceOf(ConfigError);
    return (err as ConfigError).problems;
  }
  return [];
}

describe('loadConfig', () => {
  it('needs no more than a database and keys, and fills in the documented defaults', () => {
    const config = loadConfig(ENV, ['api', 'worker']);

    expect(config).toMatchObject({
      databaseUrl: ENV.DATABASE_URL,
      secretsKeys: KEY,
      databasePoolSize: 10,
      apiHost: '127.0.0.1',
      apiPort: 8080,
      publicUrl: 'http://127.0.0.1:8080',
      outboundAllow: [],
      minExpirySeconds: 15,
      maxSteps: 25,
      lastStepLimitSeconds: 259_200,
      lastStepRetrySeconds: 3_600,
      rateLimitPerKey: 30,
      rateLimitBurst: 60,
      failedLoginsPerMinute: 20,
      logLevel: 'info',
    });
    expect(config.metricsPort).toBeUndefined();
  });

  it('is frozen to the bottom', () => {
    const config = loadConfig({ ...ENV, OUTBOUND_ALLOW: '10.0.0.0/8' }, ['api']);

    expect(() => Object.assign(config, { apiPort: 1 })).toThrow(TypeError);
    expect(() => (config.outboundAllow as string[]).push('0.0.0.0/0')).toThrow(TypeError);
  });

  it('lists every problem at once, by variable name, with exit code 78', () => {
    const env = {
      DATABASE_URL: 'mysql://hunter2@db/x',
      API_PORT: '80x',
      DISPATCH_MAX_STEPS: '0',
      OUTBOUND_ALLOW: '10.0.0.0/8, 10.0.0.0/33, example.com',
      LOG_LEVEL: 'loud',
    };

    const problems = problemsOf(env);

    const names = problems.map((line) => line.split(' ')[0]);
    expect(names.toSorted((left = '', right = '') => left.localeCompare(right))).toEqual([
      'API_PORT',
      'DATABASE_URL',
      'DISPATCH_MAX_STEPS',
      'LOG_LEVEL',
      'OUTBOUND_ALLOW',
      'OUTBOUND_ALLOW',
      'SECRETS_KEYS',
    ]);
    expect(problems.join()).toContain('must be a whole number from 0 to 65535');
    expect(problems.join()).toContain('SECRETS_KEYS is required');
    expect(new ConfigError(problems).exitCode).toBe(78);
    expect(new ConfigError(problems).message).toContain('SECRETS_KEYS');
  });

  it('never repeats a secret value in a problem', () => {
    const env = { DATABASE_URL: 'mysql://u:hunter2@db/x', SECRETS_KEYS: 'k1:hunter2' };

    expect(problemsOf(env)).toHaveLength(2);
    expect(problemsOf(env).join()).not.toContain('hunter2');
  });

  it.each(['k1:', 'k1', 'k1:c2hvcnQ=', `${KEY};${KEY}`, `${KEY}extra`])(
    'refuses %s as SECRETS_KEYS',
    (text) => {
      expect(problemsOf({ ...ENV, SECRETS_KEYS: text })).toHaveLength(1);
    },
  );

  it('takes several keys in SECRETS_KEYS', () => {
    const text = `${KEY.replace('k1', 'k2')}, ${KEY}`;

    expect(loadConfig({ ...ENV, SECRETS_KEYS: text }, ['api']).secretsKeys).toBe(text);
  });

  it('asks a role only for what it reads', () => {
    const { DATABASE_URL } = ENV;

    expect(loadConfig({ DATABASE_URL }, ['migrate'])).toEqual({
      databaseUrl: DATABASE_URL,
      logLevel: 'info',
    });
    expect(loadConfig({}, ['dev'])).toEqual({ temporalCliPath: undefined });
    expect(() => loadConfig({ DATABASE_URL }, ['worker'])).toThrow('SECRETS_KEYS is required');
  });

  it('treats empty and blank variables as absent', () => {
    expect(loadConfig({ ...ENV, API_PORT: '', MAX_SOCKETS: '  ' }, ['api'])).toMatchObject({
      apiPort: 8080,
      maxSockets: 2_000,
    });
  });

  it.each([
    [{ API_HOST: '0.0.0.0', API_PORT: '81' }, 'http://127.0.0.1:81'],
    [{ API_HOST: '::' }, 'http://127.0.0.1:8080'],
    [{ API_HOST: '::1' }, 'http://[::1]:8080'],
    [{ PUBLIC_URL: 'https://dispatch.example.com/base/' }, 'https://dispatch.example.com/base'],
  ])('from %j takes the public URL %s', (env, publicUrl) => {
    expect(loadConfig({ ...ENV, ...env }, ['api']).publicUrl).toBe(publicUrl);
  });

  it.each(['ftp://x', 'dispatch.example.com', 'https://x/?a=b'])(
    'refuses the public URL %s',
    (PUBLIC_URL) => {
      expect(problemsOf({ ...ENV, PUBLIC_URL })).toHaveLength(1);
    },
  );

  it.each(['10.0.0.0/8', '127.0.0.1', 'fd00::/8,::1'])('takes %s as OUTBOUND_ALLOW', (text) => {
    const { outboundAllow } = loadConfig({ ...ENV, OUTBOUND_ALLOW: text }, ['worker']);

    expect(outboundAllow).toEqual(text.split(','));
  });
});

describe('describeConfig', () => {
  it('prints values by variable name and secrets as set', () => {
    const text = JSON.stringify(describeConfig(loadConfig(ENV, ['api'])));

    expect(text).toContain('"API_PORT":8080');
    expect(text).toContain('"DATABASE_URL":"set"');
    expect(text).not.toContain('hunter2');
    expect(text).not.toContain(KEY);
  });
});

describe('the list of settings', () => {
  const all = Object.values(SETTINGS);

  it.each(all.map((one) => [one.name, one] as const))(
    '%s is described and read by somebody',
    (_name, one) => {
      expect(one.name).toMatch(/^[A-Z][A-Z0-9_]+$/);
      expect(one.description).toMatch(/^[A-Z`a-z].{10,}\.$/);
      expect(one.readBy.length).toBeGreaterThan(0);
      expect(ROLES).toEqual(expect.arrayContaining([...one.readBy]));
    },
  );

  it('names each variable once', () => {
    expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
  });
});
