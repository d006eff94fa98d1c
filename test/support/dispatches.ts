/** Dispatches as rows, for tests of what moves them: a tenant, its application, two accounts, and messages made at accept. */
import { randomUUID } from 'node:crypto';
import { v7 as uuidV7 } from 'uuid';
import { compose } from '../../callbacks/compose';
import { SIMULATOR_PRESET } from '../../providers/presets/simulator';
import { acceptAttempt, claimAttempt, type Claim, type ClaimResult } from '../../store/attempts';
import { createAccount } from '../../store/create-account';
import type { NewApplication } from '../../store/create-application';
import { insertDispatch } from '../../store/dispatches';
import { finishDispatch, type DispatchEnd } from '../../store/finish';
import { importProvider } from '../../store/providers';
import type { NewReceipt } from '../../store/receipts';
import { ACTOR, anApplication, callerStores, type CallerStores } from './callers';
import { createTestDatabase } from './database';
import type { Json } from './product';
import { aTenant } from './secrets';

export interface StoredDispatch {
  readonly tenantId: string;
  readonly dispatchId: string;
  readonly messageIds: readonly string[];
}

/** Everything around dispatches, in a database of its own. */
export interface Ground extends CallerStores {
  readonly tenantId: string;
  readonly applicationId: string;
  /** Two accounts that send sms. */
  readonly accountIds: readonly [string, string];
  /** A dispatch whose steps but the last have this condition. */
  dispatch(options?: {
    readonly steps?: number;
    readonly condition?: 'delivered' | 'read';
    readonly applicationId?: string;
  }): Promise<StoredDispatch>;
  claim(
    dispatch: StoredDispatch,
    changes?: Partial<Claim>,
  ): Promise<ClaimResult & { attemptId: string }>;
  /** Claims a step and notes that the provider took it under this reference. */
  sent(
    dispatch: StoredDispatch,
    position?: number,
  ): Promise<{ attemptId: string; messageRef: string }>;
  receipt(dispatch: StoredDispatch, changes?: Partial<NewReceipt>, position?: number): NewReceipt;
  finish(
    dispatch: StoredDispatch,
    changes?: Partial<DispatchEnd>,
  ): ReturnType<typeof finishDispatch>;
  application(changes: Partial<NewApplication>): Promise<string>;
  sql(text: string, values?: unknown[]): Promise<Json[]>;
}

export async function aGround(): Promise<Ground> {
  const { database: db } = await createTestDatabase();
  const stores = await callerStores(db);
  const tenantId = await aTenant(db);
  const application = (changes: Partial<NewApplication>): Promise<string> =>
    anApplication(stores, tenantId, { statusUrl: 'http://127.0.0.1:9/callbacks', ...changes });
  const applicationId = await application({});
  const { provider, definitions } = SIMULATOR_PRESET;
  const { id: providerId } = await importProvider(db, { provider, definitions }, ACTOR);
  const account = (priority: number): Promise<string> =>
    createAccount(stores, tenantId, {
      providerId,
      channel: 'sms',
      priority,
      credentials: { apiKey: 'key', webhookSecret: 'secret' },
      ...ACTOR,
    });
  const accountIds = [await account(1), await account(2)] as const;

  const dispatch: Ground['dispatch'] = async ({
    steps = 2,
    condition = 'delivered',
    ...wish
  } = {}) => {
    const dispatchId = randomUUID();
    const messages = Array.from({ length: steps }, (_, position) => ({
      messageId: randomUUID(),
      accountIds,
      recipientKey: Buffer.from(`person-${position}`),
      step: {
        position,
        channel: 'sms',
        recipient: { type: 'sms', number: '447700900001' },
        sender: { type: 'sms', number: '447700900000' },
        content: { type: 'text', text: 'hello' },
        ...(position < steps - 1 ? { failover: { condition, expirySeconds: 600 } } : {}),
      },
    }));
    const accepted = {
      dispatchId,
      applicationId,
      template: 'failover' as const,
      messages,
      ...wish,
    };
    await insertDispatch(db, tenantId, accepted);
    return { tenantId, dispatchId, messageIds: messages.map(({ messageId }) => messageId) };
  };
  const claim: Ground['claim'] = async (of, changes = {}) => {
    const position = changes.position ?? 0;
    const wanted: Claim = {
      tenantId,
      dispatchId: of.dispatchId,
      messageId: of.messageIds[position] ?? '',
      position,
      attemptId: uuidV7(),
      number: 1,
      accountId: accountIds[0],
      leaseMs: 10_000,
      possibleDuplicate: false,
      ...changes,
    };
    return { ...(await claimAttempt(db, wanted, compose.status)), attemptId: wanted.attemptId };
  };
  return {
    ...stores,
    tenantId,
    applicationId,
    accountIds,
    application,
    dispatch,
    claim,
    sent: async (of, position = 0) => {
      const { attemptId, kind } = await claim(of, { position });
      if (kind !== 'claimed') {
        throw new Error(`not claimed: ${kind}`);
      }
      const messageRef = `ref-${attemptId}`;
      await db.transaction(async (tx) =>
        acceptAttempt(tx, tenantId, attemptId, { messageRef, resolution: 'found' }),
      );
      return { attemptId, messageRef };
    },
    receipt: (of, changes = {}, position = 0) => ({
      id: uuidV7(),
      accountId: accountIds[0],
      tenantId,
      dedupeKey: `event:${randomUUID()}`,
      update: { clientRef: of.messageIds[position] ?? '', status: 'delivered' },
      ...changes,
    }),
    finish: (of, changes = {}) =>
      finishDispatch(
        db,
        {
          tenantId,
          dispatchId: of.dispatchId,
          status: 'error',
          cause: 'last_step_limit',
          position: of.messageIds.length - 1,
          steps: [],
          ...changes,
        },
        compose,
      ),
    sql: async (text, values = []) =>
      ((await db.knex.raw(text, values as string[])) as { rows: Json[] }).rows,
  };
}
