/** Sixty dispatches while API, worker, Temporal and Postgres are killed at random, one every few seconds. */
import { randomInt } from 'node:crypto';
import { startCrashStack, type CrashStack } from '../support/crash-stack';
import {
  createDispatchCaller,
  type DispatchCaller,
  type WantedStep,
} from '../support/dispatch-caller';
import { startOwnServers, type OwnServers } from '../support/own-servers';
import { untilSettled, verify } from '../support/verify';

const DISPATCHES = 60;
const KILLS = 6;
const GAP_MS = { min: 1_500, max: 4_000 };
/** Runs again with the same choices: `CHAOS_SEED=… npx jest test/chaos/random-kills`. */
const SEED = Number(process.env['CHAOS_SEED'] ?? randomInt(1, 2 ** 31));

/** Numbers between 0 and 1 that follow from the seed alone (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Endings of numbers that the simulator treats in its own ways: well, refused, silent, doubled, early, out of order. */
const RECIPIENTS = ['900001', '990404', '990200', '990222', '990221', '990220', '990503', '990120'];

describe(`random kills, CHAOS_SEED=${SEED}`, () => {
  const random = randomFrom(SEED);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  let servers: OwnServers;
  let crash: CrashStack;
  let caller: DispatchCaller;
  beforeAll(async () => {
    console.info(`CHAOS_SEED=${SEED}`);
    servers = await startOwnServers();
    crash = await startCrashStack({
      servers,
      env: { LAST_STEP_LIMIT_SECONDS: '12', LAST_STEP_RETRY_SECONDS: '12' },
    });
    caller = createDispatchCaller(crash.stack);
  }, 120_000);

  function steps(): WantedStep[] {
    const first = { channel: pick(['sms', 'whatsapp']), to: `447700${pick(RECIPIENTS)}` };
    const last = { channel: 'sms', to: `447700${pick(RECIPIENTS)}` };
    return [{ ...first, expirySeconds: 2 + Math.floor(random() * 4) }, last];
  }

  const victims: readonly { readonly name: string; readonly kill: () => Promise<void> }[] = [
    { name: 'api', kill: () => crash.kill('api') },
    { name: 'worker', kill: () => crash.kill('worker') },
    { name: 'temporal', kill: () => servers.temporal.kill().then(() => servers.temporal.start()) },
    { name: 'postgres', kill: () => servers.postgres.kill().then(() => servers.postgres.start()) },
  ];

  async function killAtRandom(): Promise<string[]> {
    const killed: string[] = [];
    // Each at least once, the rest as the seed says.
    const order = [
      ...victims,
      ...Array.from({ length: KILLS - victims.length }, () => pick(victims)),
    ];
    for (const victim of order.toSorted(() => random() - 0.5)) {
      await new Promise((resolve) =>
        setTimeout(resolve, GAP_MS.min + random() * (GAP_MS.max - GAP_MS.min)),
      );
      await victim.kill();
      killed.push(victim.name);
    }
    return killed;
  }

  async function sendAll(): Promise<string[]> {
    const wanted = Array.from({ length: DISPATCHES }, () => steps());
    return Promise.all(
      wanted.map(async (plan, index) => {
        await new Promise((resolve) => setTimeout(resolve, index * 300));
        return caller.want(plan, { key: true }).postUntilAccepted(90_000);
      }),
    );
  }

  it('every key gets one dispatch, every dispatch one report, and no promise is broken', async () => {
    const [ids, killed] = await Promise.all([sendAll(), killAtRandom()]);

    await untilSettled(crash.stack, 150_000);

    expect(new Set(killed)).toEqual(new Set(victims.map(({ name }) => name)));
    expect(new Set(ids).size).toBe(DISPATCHES);
    expect(await verify(crash.stack, caller.wanted)).toEqual([]);
  }, 300_000);
});
