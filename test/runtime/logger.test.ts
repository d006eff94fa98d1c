import { createLogger, type Logger } from '../../runtime/logger';

function capture(level?: string): { log: Logger; lines: () => Record<string, unknown>[] } {
  const texts: string[] = [];
  const destination = { write: (text: string) => void texts.push(text) };
  const log = createLogger({ name: 'api', destination, ...(level && { level }) });
  return { log, lines: () => texts.map((text) => JSON.parse(text) as Record<string, unknown>) };
}

describe('createLogger', () => {
  it('writes one JSON object per event, with ISO time, level by name and process', () => {
    const { log, lines } = capture();

    log.info({ dispatchId: 'd1' }, 'dispatch accepted');

    expect(lines()).toEqual([
      {
        level: 'info',
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
        pid: process.pid,
        name: 'api',
        dispatchId: 'd1',
        msg: 'dispatch accepted',
      },
    ]);
  });

  it('keeps to its level, info by default', () => {
    const quiet = capture();
    const loud = capture('debug');

    quiet.log.debug('no');
    loud.log.debug('yes');

    expect(quiet.lines()).toEqual([]);
    expect(loud.lines()).toHaveLength(1);
  });

  it.each([
    [{ authorization: 'canary' }],
    [{ headers: { authorization: 'canary', cookie: 'canary', 'x-api-key': 'canary' } }],
    [{ request: { headers: { authorization: 'canary', 'x-api-key': 'canary' } } }],
    [{ credentials: { apiKey: 'canary' } }],
    [{ account: { credentials: { apiKey: 'canary' } } }],
    [{ recipient: { number: 'canary' }, sender: { number: 'canary' } }],
    [{ message: { to: { number: 'canary' }, content: { text: 'canary' } } }],
    [{ body: 'canary', rawBody: 'canary' }],
    [{ token: 'canary', secret: 'canary', password: 'canary' }],
  ])('redacts %j', (fields) => {
    const { log, lines } = capture();

    log.info(fields, 'event');

    expect(JSON.stringify(lines())).not.toContain('canary');
    expect(JSON.stringify(lines())).toContain('[secret]');
  });

  it('redacts the row values that Postgres repeats in its errors, and keeps message and stack', () => {
    const { log, lines } = capture();
    const cause = Object.assign(new Error('duplicate key'), { detail: 'Key (x)=(canary) exists' });

    log.error({ err: cause }, 'failed');

    expect(JSON.stringify(lines())).not.toContain('canary');
    expect(lines()[0]?.err).toMatchObject({
      message: 'duplicate key',
      stack: expect.stringContaining('logger.test'),
    });
  });
});
