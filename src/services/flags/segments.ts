import { randomUUID } from 'node:crypto';
import type { Call } from '../../calls/caller.js';
import { checkComment, requireName, requireSearchText } from '../../calls/check-input.js';
import { conflict, invalidAt, notFound, notStorable } from '../../calls/errors.js';
import { authorize } from '../../calls/permissions.js';
import { recordAudit } from '../../calls/writes/record-audit.js';
import { requireVersion } from '../../calls/writes/stale-version.js';
import {
  type ConfigurationWriteOptions,
  Unchanged,
  writeConfiguration,
} from '../../configuration/configuration-write.js';
import type { DayKnowledge } from '../../configuration/day-knowledge.js';
import { shortWindows } from '../../core/conditions/references.js';
import type { Segment } from '../../core/flags/flag.js';
import { validateSegment } from '../../core/snapshot/checking/validate-configuration.js';
import type { Snapshot } from '../../core/snapshot/snapshot.js';
import type { Fault } from '../../core/values/fault.js';
import { isJsonObject, type JsonObject, quote, sameJson } from '../../core/values/json.js';
import { MAX_LENGTH } from '../../core/values/names.js';
import type { Page, PageRequest } from '../../store/page.js';

export interface SetSegmentInput {
  readonly key: string;
  readonly name?: string | undefined;
  readonly conditions?: JsonObject | undefined;
  /** The version that the segment must have, 0 if it must not exist yet; undefined for any. */
  readonly expectedVersion: number | undefined;
  /** Not '': the id that the segment had at the expected version. */
  readonly expectedId?: string | undefined;
  /** The id of the segment of which a version is restored: no other may have its key by now. */
  readonly restoredId?: string | undefined;
  readonly comment: string;
}

export interface DeleteSegmentInput {
  readonly key: string;
  /** The version that the segment must have; undefined for any. */
  readonly expectedVersion?: number | undefined;
  /** Not '': the id that the segment had at that version. */
  readonly id?: string | undefined;
  readonly comment?: string;
}

export interface SegmentWritten {
  readonly segment: Segment;
  readonly warnings: readonly Fault[];
  readonly backfillIds: readonly string[];
  readonly consistencyToken: string;
}

export interface SegmentOptions extends ConfigurationWriteOptions {
  readonly dayKnowledge: Pick<DayKnowledge, 'read'>;
}

/** Named conditions that rules refer to. */
export class SegmentService {
  readonly #options: SegmentOptions;

  constructor(options: SegmentOptions) {
    this.#options = options;
  }

  /** Creates or changes a segment, and with it every rule that refers to it. The same call once more changes nothing. */
  async set(call: Call, request: SetSegmentInput): Promise<SegmentWritten> {
    authorize(call, 'SetSegment');
    const { key, name, expectedVersion, expectedId, restoredId, comment } = request;
    checkComment(comment);
    requireName('segmentKey', key, '/key');
    if (name !== undefined) requireName('name', name, '/name');
    const known = await this.#options.dayKnowledge.read();
    const { made, ...written } = await writeConfiguration(this.#options, 'segment', async (tx, { now, snapshot }) => {
      const before = snapshot.segments.get(key);
      requireVersion(key, expectedVersion, { kind: 'segment', value: before }, expectedId);
      if (restoredId !== undefined && before !== undefined && before.id !== restoredId) throw otherSegment(before);
      const after = segmentAfter(before, request, now);
      const same = before?.name === after.name && sameJson(before.conditions, after.conditions);
      const { faults, warnings: found } = validateSegment(after, snapshot);
      if (faults.length > 0) throw notStorable(`the segment ${quote(key)}`, faults);
      const warnings = [
        ...found,
        ...shortWindows(after.conditions, '/conditions', {
          ...{ known, now, segments: snapshot.segments, derived: snapshot.derivations.all },
        }),
      ];
      if (before !== undefined && same) return new Unchanged({ segment: before, warnings });
      await tx.configuration.putSegment(after);
      await recordAudit(tx, call, now, {
        ...{ action: 'segment.set', target: key, before, after, comment },
        version: { kind: 'segment', segment: after },
      });
      return { segment: after, warnings };
    });
    return { ...made, ...written };
  }

  /**
   * Removes a segment to which nothing refers. Rejects with CONFLICT when a flag or a segment refers to it, which the message
   * names, or when it is at another version than the expected one.
   */
  async delete(call: Call, { key, expectedVersion, id, comment = '' }: DeleteSegmentInput) {
    authorize(call, 'DeleteSegment');
    const { consistencyToken } = await writeConfiguration(this.#options, 'segment', async (tx, { now, snapshot }) => {
      const before = snapshot.segments.get(key);
      if (before === undefined) throw noSegment(key);
      requireVersion(key, expectedVersion, { kind: 'segment', value: before }, id);
      const users = usersOf(key, snapshot);
      if (users.length > 0)
        throw conflict(`the segment ${quote(key)} is referred to by ${told(users)}; change them first`);
      await tx.configuration.dropSegment(key);
      await recordAudit(tx, call, now, { action: 'segment.delete', target: key, before, after: undefined, comment });
    });
    return { consistencyToken };
  }

  async get(call: Call, key: string): Promise<Segment> {
    authorize(call, 'GetSegment');
    const segment = await this.#options.store.configuration.segment(key);
    if (segment === undefined) throw noSegment(key);
    return segment;
  }

  /** Segments, ordered by key; those alone whose keys begin with `q`. */
  async list(call: Call, page: PageRequest, q = ''): Promise<Page<Segment>> {
    authorize(call, 'ListSegments');
    requireSearchText(q, MAX_LENGTH.segmentKey);
    return this.#options.store.configuration.segments(page, q);
  }
}

function noSegment(key: string): Error {
  return notFound(`no segment ${quote(key)}`);
}

function otherSegment({ key, id }: Segment): Error {
  return conflict(
    `the segment ${quote(key)} is another one by now, ${quote(id)}: delete that one first, or change it by hand`,
  );
}

/** What refers to a segment, as a message names it: flags, archived ones and those by way of other segments too, and segments. */
function usersOf(key: string, { segments, dependencies }: Snapshot): readonly string[] {
  const refers = (other: string): boolean => dependencies.segments.get(other)?.segments.has(key) ?? false;
  return [
    ...[...dependencies.reaching(key)].toSorted().map((flagKey) => `the flag ${quote(flagKey)}`),
    ...[...segments.keys()].filter(refers).map((other) => `the segment ${quote(other)}`),
  ];
}

/** How many of them a message names. */
const MAX_TOLD = 10;

function told(users: readonly string[]): string {
  const more = users.length > MAX_TOLD ? ` and ${users.length - MAX_TOLD} more` : '';
  return `${users.slice(0, MAX_TOLD).join(', ')}${more}`;
}

/** A segment as a write makes it of what is there. Throws INVALID for conditions that are no object. */
export function segmentAfter(
  before: Segment | undefined,
  { key, name, conditions }: Pick<SetSegmentInput, 'key' | 'name' | 'conditions'>,
  now: number,
): Segment {
  const after = conditions ?? before?.conditions ?? {};
  if (!isJsonObject(after)) throw invalidAt('/conditions', `conditions are a JSON object, not ${quote(after)}`);
  return {
    id: before?.id ?? `seg_${randomUUID().replaceAll('-', '')}`,
    key,
    name: name ?? before?.name ?? key,
    conditions: after,
    version: (before?.version ?? 0) + 1,
    createdAt: before?.createdAt ?? now,
    updatedAt: now,
  };
}
