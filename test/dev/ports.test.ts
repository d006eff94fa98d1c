import { createServer, type Server } from 'node:net';
import { once } from 'node:events';
import { freePort, freePorts, isPortFree, requirePort } from '../../dev/ports';

async function listen(port: number): Promise<Server> {
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

test('free ports are different and can be listened on', async () => {
  const ports = await freePorts(5);

  expect(new Set(ports).size).toBe(5);
  for (const port of ports) {
    const server = await listen(port);
    server.close();
    await once(server, 'close');
  }
});

test('a port somebody listens on is not free', async () => {
  const port = await freePort();
  const server = await listen(port);

  await expect(isPortFree(port)).resolves.toBe(false);

  server.close();
  await once(server, 'close');
  await expect(isPortFree(port)).resolves.toBe(true);
});

test('a taken port is an error that names the variable to change', async () => {
  const port = await freePort();
  const server = await listen(port);

  await expect(requirePort({ port, name: 'the API', variable: 'API_PORT' })).rejects.toThrow(
    `Port ${port} on 127.0.0.1, wanted for the API, is taken. Set API_PORT to a free port`,
  );

  server.close();
  await once(server, 'close');
  await requirePort({ port, name: 'the API', variable: 'API_PORT' });
});
