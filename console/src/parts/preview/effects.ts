import { useCallback, useEffect, useRef, useState } from 'react';
import type {
  AdminRoutes,
  PreviewProgress,
  PreviewResult,
  Reference,
  SegmentInput,
} from '../../../../src/protocol/gen/admin-json.js';
import { call } from '../../api/api.js';
import { ApiError } from '../../api/api-error.js';
import { callStream } from '../../api/call-stream.js';
import { decisionsChanged, useDecisionsChanged } from './decisions-changed.js';
import type { Losses } from './losses-confirmed.js';
import { untilAnswered } from './until-answered.js';

/** What a change does to one flag, as far as that is known. */
export interface FlagEffect {
  readonly flag: string;
  readonly progress?: PreviewProgress;
  readonly result?: PreviewResult;
  readonly error?: Error;
}

/** What a change does to flags: a draft of a segment to those that refer to it, or one that is made to each of many. */
export interface Effects {
  /** The draft that it is of, as JSON. */
  readonly of: string;
  /** What had changed when they began; see {@link decisionsChanged}. */
  readonly seen: number;
  /** Undefined until it is known which flags refer to it. */
  readonly flags: readonly FlagEffect[] | undefined;
  readonly ended: boolean;
  readonly error: Error | undefined;
}

/** What is to be previewed, for which flags. */
export interface Asked {
  /** Tells it from others. */
  readonly of: string;
  readonly flags: (signal: AbortSignal) => Promise<readonly string[]>;
  readonly draftOf: (flag: string) => PreviewBody;
}

type PreviewBody = AdminRoutes['POST /api/admin/flags/{flag}/preview']['body'];

/** Previews a draft of a segment for one flag after the other, all that refer to it and are not archived. */
export function useEffects(key: string, how: Renewing = {}) {
  const { effects, outdated, start: preview, stop } = usePreviews(how);
  const start = useCallback(
    (segment: SegmentInput) =>
      preview({
        of: JSON.stringify(segment),
        flags: (signal) => flagsReferring(key, signal),
        draftOf: (flag) => ({ flag: { key: flag }, segment: { ...segment, key } }),
      }),
    [key, preview],
  );
  return { effects, outdated, start, stop };
}

/** Whether previews that others have made outdated begin anew by themselves once they have ended. */
export interface Renewing {
  readonly renewed?: boolean;
}

/**
 * Previews what is asked for one flag after the other; what ran before it, and whatever runs when the page is left, ends. They are `outdated`
 * where others have changed since they began what they may depend on.
 */
export function usePreviews({ renewed = false }: Renewing = {}) {
  const [effects, setEffects] = useState<Effects>();
  const running = useRef<AbortController>(undefined);
  const stop = useCallback(() => running.current?.abort(), []);
  useEffect(() => stop, [stop]);
  const asked = useRef<Asked>(undefined);
  const start = useCallback(async (wanted: Asked) => {
    const { of, flags: flagsOf, draftOf } = wanted;
    asked.current = wanted;
    running.current?.abort();
    const control = new AbortController();
    running.current = control;
    const { signal } = control;
    let now: Effects = { of, seen: decisionsChanged(), flags: undefined, ended: false, error: undefined };
    const show = (next: Partial<Effects>) => {
      now = { ...now, ...next };
      if (running.current === control) setEffects(now);
    };
    show({});
    try {
      const flags = await flagsOf(signal);
      show({ flags: flags.map((flag) => ({ flag })) });
      for (const flag of flags) {
        const put = (effect: Omit<FlagEffect, 'flag'>) =>
          show({ flags: now.flags?.map((each) => (each.flag === flag ? { flag, ...effect } : each)) });
        try {
          const ask = () =>
            callStream(
              'POST /api/admin/flags/{flag}/preview',
              { path: { flag }, body: { ...draftOf(flag), sample_size: 3 }, signal },
              ({ progress, result }) =>
                put({ ...(progress === undefined ? {} : { progress }), ...(result === undefined ? {} : { result }) }),
            );
          await untilAnswered(ask, signal);
        } catch (error) {
          if (signal.aborted) return;
          put({ error: error as Error });
        }
      }
      show({ ended: true });
    } catch (error) {
      if (!signal.aborted) show({ error: error as Error });
    } finally {
      if (!now.ended) show({ ended: true });
    }
  }, []);
  const changes = useDecisionsChanged();
  const outdated = effects !== undefined && effects.seen !== changes;
  const again = renewed && outdated && effects.ended;
  useEffect(() => {
    if (again && asked.current !== undefined) void start(asked.current);
  }, [again, start]);
  return { effects, outdated, start, stop };
}

/** The flags that refer to a segment, by way of other segments, too. */
async function flagsReferring(segment: string, signal: AbortSignal): Promise<readonly string[]> {
  const flags = new Set<string>();
  const seen = new Set([segment]);
  for (const key of seen) {
    for (const { kind, key: other, archived } of await referencesOf(key, signal)) {
      if (kind === 'RULE' && !archived) flags.add(other);
      if (kind === 'SEGMENT') seen.add(other);
    }
  }
  return [...flags];
}

async function referencesOf(segment_key: string, signal: AbortSignal): Promise<readonly Reference[]> {
  const all: Reference[] = [];
  let page_token = '';
  do {
    const page = await call('GET /api/admin/segments/{segment_key}/references', {
      path: { segment_key },
      query: { page_size: 1_000, page_token },
      signal,
    });
    all.push(...page.references);
    page_token = page.next_page_token;
  } while (page_token !== '');
  return all;
}

/** How many lose a flag by it, over all flags. Where one of them could not be previewed, or it was stopped, nobody knows. */
export function lostBy(effects: Effects): Losses {
  const { flags, ended, error } = effects;
  if (!ended) return 'asking';
  // What is refused is refused when it is saved as well, and takes nothing from anybody.
  const isUnknown = ({ result, error: failed }: FlagEffect): boolean =>
    result === undefined && !(failed instanceof ApiError && failed.kind === 'refused');
  if (flags === undefined || error !== undefined || flags.some(isUnknown)) return 'unknown';
  return flags.reduce((sum, { result }) => sum + Number(result?.counts?.would_lose ?? 0), 0);
}
