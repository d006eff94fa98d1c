/** The platform's own tenant: it owns default accounts and the pepper. Its row is made by the first migration. */
export const PLATFORM_TENANT_ID = '00000000-0000-7000-8000-000000000000';

/** Whose data it is. `createdAt` is ISO 8601. */
export interface Tenant {
  readonly id: string;
  readonly name: string;
  readonly createdAt: string;
}
