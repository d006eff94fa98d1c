import { ApplicationFailure } from '@temporalio/activity';
import { Pool } from 'undici';

export interface BareStep {
  readonly channel: string;
  readonly to: string;
  readonly from: string;
  readonly text: string;
  readonly expiryMs?: number;
}

export interface BareDispatch {
  readonly dispatchId: string;
  readonly steps: readonly BareStep[];
}

export interface BareActivities {
  sendMessage(input: { dispatchId: string; position: number; step: BareStep }): Promise<string>;
  postReport(input: { dispatchId: string; status: string }): Promise<void>;
}

/** Both are one POST to the outside world, and a failure is Temporal's to repeat. */
export function createBareActivities(outsideUrl: string, ownUrl: string): BareActivities {
  const pool = new Pool(outsideUrl, { connections: 64 });
  const post = async (path: string, body: object): Promise<unknown> => {
    const answer = await pool.request({
      path,
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-api-key': 'simulator-key' },
      body: JSON.stringify(body),
    });
    const text = await answer.body.text();
    if (answer.statusCode >= 300) {
      throw ApplicationFailure.create({ message: `HTTP ${answer.statusCode}` });
    }
    return text === '' ? undefined : JSON.parse(text);
  };
  return {
    sendMessage: async ({ dispatchId, position, step }) => {
      const { to, from, channel, text } = step;
      const ref = `${dispatchId}:${position}`;
      const receiptUrl = `${ownUrl}/receipts`;
      const answer = await post('/messages', { to, from, channel, text, ref, receiptUrl });
      return (answer as { id: string }).id;
    },
    postReport: async ({ dispatchId, status }) => {
      const report = { dispatch_uuid: dispatchId, template: 'failover', status };
      await post('/callbacks', { ...report, timestamp: new Date().toISOString() });
    },
  };
}
