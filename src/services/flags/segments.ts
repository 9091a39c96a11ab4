import type { Call } from '../../calls/caller.js';
import { invalid } from '../../calls/errors.js';
import { authorize } from '../../calls/permissions.js';
import { recordAudit } from '../../calls/record-audit.js';
import { requireVersion } from '../../calls/stale-version.js';
import { type ConfigurationWriteOptions, writeConfiguration } from '../../configuration/configuration-write.js';
import type { Segment } from '../../core/flags/flag.js';
import { validateSegment } from '../../core/snapshot/validate-configuration.js';
import type { Fault } from '../../core/values/fault.js';
import { isJsonObject, type JsonObject, quote } from '../../core/values/json.js';
import { faultOfName } from '../../core/values/names.js';

export interface SetSegmentInput {
  readonly key: string;
  readonly name?: string | undefined;
  readonly conditions?: JsonObject | undefined;
  /** 0: must not exist yet; undefined: whatever it is. */
  readonly expectedVersion: number | undefined;
  readonly comment: string;
}

export interface SegmentWritten {
  readonly segment: Segment;
  readonly warnings: readonly Fault[];
  readonly backfillIds: readonly string[];
  readonly consistencyToken: string;
}

/** Named conditions that rules refer to. */
export class SegmentService {
  readonly #options: ConfigurationWriteOptions;

  constructor(options: ConfigurationWriteOptions) {
    this.#options = options;
  }

  /** Creates or changes a segment; every rule that refers to it follows. */
  async set(call: Call, request: SetSegmentInput): Promise<SegmentWritten> {
    authorize(call, 'SetSegment');
    const { key, name, expectedVersion, comment } = request;
    const fault = faultOfName('segmentKey', key) ?? (name === undefined ? undefined : faultOfName('name', name));
    if (fault !== undefined) throw invalid(fault);
    const { made, ...written } = await writeConfiguration(this.#options, 'segment', async (tx, { now, snapshot }) => {
      const before = snapshot.segments.get(key);
      requireVersion(key, expectedVersion, { kind: 'segment', value: before });
      const after = segmentAfter(before, request, now);
      const { faults, warnings } = validateSegment(after, snapshot);
      if (faults.length > 0) {
        throw invalid(
          `the segment ${quote(key)} cannot be stored: ${faults[0]!.pointer}: ${faults[0]!.message}`,
          faults,
        );
      }
      await tx.configuration.putSegment(after);
      await recordAudit(tx, call, now, { action: 'segment.set', target: key, before, after, comment });
      return { segment: after, warnings };
    });
    return { ...made, ...written };
  }

  /** All segments, by key. */
  async list(call: Call): Promise<readonly Segment[]> {
    authorize(call, 'ListSegments');
    const { segments } = await this.#options.store.configuration.load();
    return segments.toSorted((a, b) => (a.key < b.key ? -1 : 1));
  }
}

function segmentAfter(before: Segment | undefined, { key, name, conditions }: SetSegmentInput, now: number): Segment {
  const after = conditions ?? before?.conditions ?? {};
  if (!isJsonObject(after)) throw invalid(`conditions are a JSON object, not ${quote(after)}`);
  return {
    key,
    name: name ?? before?.name ?? key,
    conditions: after,
    version: (before?.version ?? 0) + 1,
    createdAt: before?.createdAt ?? now,
    updatedAt: now,
  };
}
