import type { StatusStep } from './dials';

const SUBMITTED: StatusStep = { status: 'submitted', afterMs: 50 };
const DELIVERED: StatusStep = { status: 'delivered', afterMs: 150 };
const READ: StatusStep = { status: 'read', afterMs: 300 };

const WITHOUT_READ: readonly StatusStep[] = [SUBMITTED, DELIVERED];
const WITH_READ: readonly StatusStep[] = [SUBMITTED, DELIVERED, READ];
const CHATS: ReadonlySet<string> = new Set(['whatsapp', 'messenger', 'viber_service_msg']);

/** What a channel reports when all goes well: chats know `read`, everything else ends with `delivered`. */
export function usualStatuses(channel: string): readonly StatusStep[] {
  return CHATS.has(channel) ? WITH_READ : WITHOUT_READ;
}
