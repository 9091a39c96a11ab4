import { useCallback, useEffect, useRef, useState } from 'react';
import type { PreviewProgress, PreviewResult } from '../../../../src/protocol/gen/admin-json.js';
import { ApiError, awayError } from '../../api/api-error.js';
import { callStream } from '../../api/call-stream.js';
import type { DraftInput } from '../../draft/flag/save-request.js';
import { decisionsChanged, useDecisionsChanged } from './decisions-changed.js';
import type { Losses } from './losses-confirmed.js';
import { untilAnswered } from './until-answered.js';

/** A preview as far as it has come. */
export interface Preview {
  /** What it is of; see {@link previewOf}. */
  readonly of: string;
  /** What had changed when it began; see {@link decisionsChanged}. */
  readonly seen: number;
  readonly progress: PreviewProgress | undefined;
  readonly result: PreviewResult | undefined;
  readonly error: Error | undefined;
}

export type RuleChange = 'KEEP' | 'RELOCK';

/** What a preview is of: the draft, and what becomes of unlocks of rules that it changes. Another one is of something else. */
export function previewOf(input: DraftInput, on_rule_change: RuleChange): string {
  return JSON.stringify({ ...input, on_rule_change });
}

/**
 * Previews a draft on demand, by what {@link previewOf} gives; the one before it, and whatever runs when the page is left, ends. It is
 * `outdated` where others have changed since it began what it may depend on; then it begins anew by itself once it has ended, where it is
 * `renewed`.
 */
export function usePreview(flag: string, { renewed = false } = {}) {
  const [preview, setPreview] = useState<Preview>();
  const running = useRef<AbortController>(undefined);
  const stop = useCallback(() => running.current?.abort(), []);
  useEffect(() => stop, [stop]);
  const start = useCallback(
    async (of: string) => {
      running.current?.abort();
      const control = new AbortController();
      running.current = control;
      let now: Preview = { of, seen: decisionsChanged(), progress: undefined, result: undefined, error: undefined };
      const show = (next: Partial<Preview>) => {
        now = { ...now, ...next };
        if (running.current === control) setPreview(now);
      };
      show({});
      try {
        const ask = () =>
          callStream(
            'POST /api/admin/flags/{flag}/preview',
            { path: { flag }, body: JSON.parse(of), signal: control.signal },
            ({ progress, result }) => show({ progress: progress ?? now.progress, result }),
          );
        await untilAnswered(ask, control.signal);
        // A proxy may end what it holds for idle, without a word.
        if (now.result === undefined) show({ error: awayError('the preview ended without its result') });
      } catch (error) {
        if (control.signal.aborted) setPreview((shown) => (shown === now ? undefined : shown));
        else show({ error: error as Error });
      }
    },
    [flag],
  );
  const changes = useDecisionsChanged();
  const outdated = preview !== undefined && preview.seen !== changes;
  const again = renewed && outdated && (preview.result ?? preview.error) !== undefined ? preview.of : undefined;
  useEffect(() => {
    if (again !== undefined) void start(again);
  }, [again, start]);
  return { preview, outdated, start, stop };
}

/**
 * How many would lose the flag: until the preview of just what is to be saved has ended, nobody knows, nor where it failed or was stopped. What
 * cannot be previewed since it is refused takes it from nobody: saving it is refused as well, and says where.
 */
export function lossesIn(preview: Preview | undefined, stopped = false): Losses {
  const { result, error } = preview ?? {};
  if (result !== undefined) return Number(result.counts?.would_lose ?? 0);
  if (error instanceof ApiError && error.kind === 'refused') return 0;
  return stopped || error !== undefined ? 'unknown' : 'asking';
}
