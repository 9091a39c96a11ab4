import { randomBytes } from 'node:crypto';

/** A new delivery's id; ids made later are greater, but for those of the same millisecond. */
export function newDeliveryId(now: number): string {
  return `dlv_${now.toString(16).padStart(12, '0')}${randomBytes(10).toString('hex')}`;
}
