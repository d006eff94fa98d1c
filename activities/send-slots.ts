/** Bounds the sends in flight per account, so that one slow provider cannot take every slot of a worker. */
export interface SendSlots {
  /** A slot to be released after use; undefined when the account has none free. */
  take(accountId: string): (() => void) | undefined;
}

export function createSendSlots(perAccount: number): SendSlots {
  const taken = new Map<string, number>();
  return {
    take: (accountId) => {
      const count = taken.get(accountId) ?? 0;
      if (count >= perAccount) {
        return undefined;
      }
      taken.set(accountId, count + 1);
      return () => {
        const left = (taken.get(accountId) ?? 1) - 1;
        if (left === 0) {
          taken.delete(accountId);
        } else {
          taken.set(accountId, left);
        }
      };
    },
  };
}
