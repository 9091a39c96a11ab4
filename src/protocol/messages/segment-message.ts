import type { Segment } from '../../core/flags/flag.js';
import type { Segment as SegmentMessage } from '../gen/latchkey/v1/segment.js';
import { instant } from './fields.js';

/** A segment as it is sent. */
export function segmentMessage({ key, name, conditions, version, createdAt, updatedAt }: Segment): SegmentMessage {
  return { key, name, conditions, version, createdAt: instant(createdAt), updatedAt: instant(updatedAt) };
}
