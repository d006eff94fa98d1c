import { HttpPools } from '../../runtime/http-pools';

describe('pools', () => {
  const origin = (port: number) => `http://127.0.0.1:${port}`;

  it('are kept by origin', async () => {
    const pools = new HttpPools({});

    expect(pools.of(origin(1))).toBe(pools.of(origin(1)));
    expect(pools.of(origin(1))).not.toBe(pools.of(origin(2)));

    await pools.destroy();
  });

  it('are closed for origins that were not used for longest', async () => {
    const pools = new HttpPools({});
    const [first, second] = [pools.of(origin(1)), pools.of(origin(2))];

    for (let port = 3; port <= 501; port += 1) {
      pools.of(origin(1));
      pools.of(origin(port));
    }

    expect([first.closed, second.closed]).toEqual([false, true]);
    await pools.destroy();
    expect(first.destroyed).toBe(true);
  });
});
