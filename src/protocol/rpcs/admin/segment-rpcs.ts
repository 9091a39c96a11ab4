import { invalidAt } from '../../../calls/errors.js';
import type { SegmentService, SetSegmentInput } from '../../../services/flags/segments.js';
import type { Segment as SegmentMessage } from '../../gen/latchkey/v1/segment.js';
import { segmentMessage } from '../../messages/configuration-messages.js';
import { jsonObject, updateMask } from '../../messages/fields.js';
import { SEGMENT_PATHS } from '../../messages/mask-paths.js';
import { Paging } from '../../messages/paging.js';
import type { AdminRpcs } from './admin-rpcs.js';

type Name = 'setSegment' | 'getSegment' | 'listSegments' | 'deleteSegment';

/** Reading and changing segments. */
export function segmentRpcs(segments: SegmentService): AdminRpcs<Name> {
  return {
    setSegment: {
      async handle(request, call) {
        if (request.segment === undefined) throw invalidAt('/segment', 'segment is missing; give at least segment.key');
        const { segment, warnings, backfillIds, consistencyToken } = await segments.set(call, {
          key: request.segment.key,
          ...fieldsOf(request.segment, updateMask(request.updateMask, SEGMENT_PATHS)),
          expectedVersion: request.expectedVersion,
          expectedId: request.segment.id,
          comment: request.comment,
        });
        return {
          segment: segmentMessage(segment),
          warnings: [...warnings],
          backfillIds: [...backfillIds],
          consistencyToken,
        };
      },
    },
    getSegment: {
      handle: async ({ key }, call) => ({ segment: segmentMessage(await segments.get(call, key)) }),
    },
    listSegments: {
      async handle(request, call) {
        const paging = new Paging('ListSegments', request);
        const { items, next } = await segments.list(call, paging.page, request.q);
        return { segments: items.map(segmentMessage), nextPageToken: paging.tokenOf(next) };
      },
    },
    deleteSegment: {
      handle: (request, call) => segments.delete(call, request),
    },
  };
}

function fieldsOf(
  { key, name, conditions }: SegmentMessage,
  mask: ReadonlySet<string> | undefined,
): Pick<SetSegmentInput, 'name' | 'conditions'> {
  if (mask === undefined) return { name: name === '' ? undefined : name, conditions: jsonObject(conditions) };
  return {
    name: mask.has('name') ? name || key : undefined,
    conditions: mask.has('conditions') ? (jsonObject(conditions) ?? {}) : undefined,
  };
}
