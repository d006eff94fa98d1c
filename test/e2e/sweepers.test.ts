import { Client, Connection } from '@temporalio/client';
import { compose } from '../../callbacks/compose';
import { sweepAccepts, sweepGoneWorkflows } from '../../api/accept-sweeper';
import { createLogger } from '../../runtime/logger';
import type { PendingCallback } from '../../store/callbacks';
import { dispatchWorkflowId } from '../../workflows/ids';
import { afterFile } from '../support/after-file';
import { aRequest, basic, startProduct, type Product } from '../support/product';
import { until } from '../support/until';

describe('what the sweepers put right', () => {
  let product: Product;
  let client: Client;
  let posted: PendingCallback[];
  beforeAll(async () => {
    product = await startProduct();
    const { address, namespace } = product.stack.temporal;
    const connection = await Connection.connect({ address });
    afterFile(() => connection.close());
    client = new Client({ connection, namespace });
  }, 90_000);
  beforeEach(() => {
    posted = [];
  });

  const deps = () => ({
    db: product.db,
    client,
    compose,
    log: createLogger({ name: 'test', level: 'silent' }),
    poster: { offer: (list: readonly PendingCallback[]) => void posted.push(...list) },
  });
  const rowOf = async (id: string) =>
    (await product.sql('select status, cause, position from dispatches where id = ?', [id]))[0];
  const age = (id: string): Promise<unknown> =>
    product.sql(`update dispatches set created_at = now() - interval '5 minutes' where id = ?`, [
      id,
    ]);
  /** An accept whose process died between its commit and its start. */
  const aForgottenAccept = async (): Promise<string> => {
    const id = await product.dispatch([
      { to: '447700990201', expiry: 600 },
      { to: '447700900001' },
    ]);
    await until(async () => (await rowOf(id))?.position === 0);
    await client.workflow.getHandle(dispatchWorkflowId(id)).terminate('test');
    const copy = crypto.randomUUID();
    await product.sql(
      `insert into dispatches (id, tenant_id, application_id, endpoint_id, currency, fee, href_style, corrections,
         stop_on_late_success, created_at)
       select ?, tenant_id, application_id, endpoint_id, currency, fee, href_style, corrections, stop_on_late_success,
         now() - interval '5 minutes' from dispatches where id = ?`,
      [copy, id],
    );
    return copy;
  };

  it('an accept that Temporal never heard of is taken back: no attempt, no report (I17)', async () => {
    const id = await aForgottenAccept();

    await sweepAccepts(deps());

    expect(await rowOf(id)).toMatchObject({ status: 'canceled', cause: 'accept_unconfirmed' });
    expect(await product.sql('select 1 from callbacks where dispatch_id = ?', [id])).toEqual([]);
  });

  it('an accept that a running request’s key still holds is left alone', async () => {
    const id = await aForgottenAccept();
    await product.sql(
      `insert into idempotency_keys (tenant_id, route, key, body_hash, dispatch_id, locked_until)
       select tenant_id, 'POST /v0.1/dispatch', 'held', decode('00', 'hex'), id, now() + interval '1 minute'
       from dispatches where id = ?`,
      [id],
    );

    await sweepAccepts(deps());
    expect(await rowOf(id)).toMatchObject({ status: 'running' });

    await product.sql(`update idempotency_keys set locked_until = now() where key = 'held'`);
    await sweepAccepts(deps());
    expect(await rowOf(id)).toMatchObject({ cause: 'accept_unconfirmed' });
    expect(await product.sql(`select 1 from idempotency_keys where key = 'held'`)).toEqual([]);
  });

  it('a terminated workflow ends its dispatch as workflow_gone, with one final report', async () => {
    const id = await product.dispatch([
      { to: '447700990200', expiry: 600 },
      { to: '447700900001' },
    ]);
    await until(async () => (await product.view(id)).steps[0].status === 'submitted');
    await client.workflow.getHandle(dispatchWorkflowId(id)).terminate('test');
    await age(id);

    await sweepGoneWorkflows(deps(), { after: '' });
    await sweepGoneWorkflows(deps(), { after: '' });

    expect(await rowOf(id)).toMatchObject({ status: 'error', cause: 'workflow_gone' });
    const reports = await product.sql(
      `select status from callbacks where dispatch_id = ? and event = 'dispatch.final'`,
      [id],
    );
    expect(reports).toEqual([{ status: 'error' }]);
    const { headers: _, ...view } = await product.get(`/v0.1/dispatch/${id}`);
    expect(view.body).toMatchObject({ status: 'error', cause: 'workflow_gone' });
  });

  it('a running dispatch is left alone by both', async () => {
    const id = await product.dispatch([
      { to: '447700990200', expiry: 600 },
      { to: '447700900001' },
    ]);
    await until(async () => (await product.view(id)).steps[0].status === 'submitted');
    await age(id);

    await sweepAccepts(deps());
    await sweepGoneWorkflows(deps(), { after: '' });

    expect(await rowOf(id)).toMatchObject({ status: 'running' });
    await client.workflow.getHandle(dispatchWorkflowId(id)).terminate('test');
  });

  it('an accept that no worker has begun yet is not taken back', async () => {
    product.stack.parts.worker?.kill('SIGSTOP');
    try {
      const answer = await product.call('POST', '/v0.1/dispatch', {
        headers: { authorization: basic(product.stack.seeded.basic) },
        body: aRequest([{ to: '447700900001' }]),
      });
      const id = answer.body.dispatch_uuid as string;
      await age(id);

      await sweepAccepts(deps());
      await sweepGoneWorkflows(deps(), { after: '' });

      expect(await rowOf(id)).toMatchObject({ status: 'running', position: -1 });
      product.stack.parts.worker?.kill('SIGCONT');
      expect(await product.ended(id)).toMatchObject({ status: 'completed' });
    } finally {
      product.stack.parts.worker?.kill('SIGCONT');
    }
  }, 90_000);
});
