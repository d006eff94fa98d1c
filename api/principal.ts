import type { Permission } from '../domain/vocabulary';

/** Who calls, once proven. */
export interface Principal {
  readonly kind: 'account_key' | 'application' | 'access_token';
  /** Id of the key, application or token: what limits count by and the audit log names. */
  readonly id: string;
  /** Whose data this request is about: the caller's tenant, or the one a platform token selected. */
  readonly tenantId: string;
  /** Where callbacks go; access tokens have none. */
  readonly applicationId?: string;
  readonly permissions: readonly Permission[];
  /** Whether the token belongs to the platform: the grant that global rows need. */
  readonly isPlatform: boolean;
}

/** What applications and account keys hold. They also read what they sent. */
export const SENDER_PERMISSIONS: readonly Permission[] = ['SEND_DISPATCH', 'CONTROL_DISPATCH'];
