/** The Temporal server of this run. */
export function testTemporal(): { address: string; namespace: string } {
  const address = process.env.TEST_TEMPORAL_ADDRESS;
  if (!address) {
    throw new Error('there is no Temporal server: run through jest without TEST_SERVERS=none');
  }
  return { address, namespace: process.env.TEMPORAL_NAMESPACE ?? 'default' };
}
