import { connectTemporalClient, isLoopback, loadTemporalSettings } from '../../runtime/temporal';

// A configuration file of whoever runs the tests must not matter.
const NO_FILE = { TEMPORAL_CONFIG_FILE: '/nonexistent/temporal.toml' };

describe('loadTemporalSettings', () => {
  it('is a local server without any variable', () => {
    expect(loadTemporalSettings(NO_FILE)).toMatchObject({
      address: '127.0.0.1:7233',
      namespace: 'default',
    });
  });

  it("reads the variables of Temporal's own tools", () => {
    const settings = loadTemporalSettings({
      ...NO_FILE,
      TEMPORAL_ADDRESS: 'dispatch.example.tmprl.cloud:7233',
      TEMPORAL_NAMESPACE: 'dispatch.example',
      TEMPORAL_API_KEY: 'a-key',
      UNSET: undefined,
    });

    expect(settings.address).toBe('dispatch.example.tmprl.cloud:7233');
    expect(settings.namespace).toBe('dispatch.example');
    expect(settings.connectionOptions).toMatchObject({ apiKey: 'a-key', tls: true });
  });
});

describe('connectTemporalClient', () => {
  it('connects to nothing before the first call', async () => {
    const settings = loadTemporalSettings({ ...NO_FILE, TEMPORAL_ADDRESS: '127.0.0.1:1' });

    const { client, namespace, close } = connectTemporalClient(settings);

    expect(namespace).toBe('default');
    expect(client.options.namespace).toBe('default');
    await close();
  });

  it('fails at the first call when nobody answers, within its deadline', async () => {
    const settings = loadTemporalSettings({ ...NO_FILE, TEMPORAL_ADDRESS: '127.0.0.1:1' });
    const { connection, close } = connectTemporalClient(settings);

    await expect(
      connection.withDeadline(Date.now() + 500, () => connection.workflowService.getSystemInfo({})),
    ).rejects.toThrow();
    await close();
  });
});

describe('isLoopback', () => {
  it.each(['127.0.0.1:7233', 'localhost:7233', '[::1]:7233', '127.8.8.8', 'http://localhost:7233'])(
    'is true for %s',
    (address) => {
      expect(isLoopback(address)).toBe(true);
    },
  );

  it.each(['10.0.0.1:7233', 'temporal:7233', 'localhost.example.com:7233', '[2001:db8::1]:7233'])(
    'is false for %s',
    (address) => {
      expect(isLoopback(address)).toBe(false);
    },
  );
});
