import { type QueryClient, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { callStream, type EventOf } from '../../api/call-stream.js';
import { useMay } from '../../parts/session-context.js';
import { words } from '../../words/people-words.js';

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 30_000;
/** How long a flip is told of. */
const TOLD_MS = 15_000;

/**
 * Watches what changes of a person's flags for as long as the page is in sight, and has what is shown asked for again. Gives the last
 * flip in words. Where the stream breaks it is begun again, later each time.
 */
export function useLiveFlips(id: string): string {
  const may = useMay('Watch');
  const queries = useQueryClient();
  const [flip, setFlip] = useState('');
  useEffect(() => {
    if (!may) return undefined;
    let stop: AbortController | undefined;
    const follow = () => {
      const visible = document.visibilityState === 'visible';
      if (visible && stop === undefined) {
        stop = new AbortController();
        void watch(id, { queries, signal: stop.signal, onFlip: setFlip });
      } else if (!visible) {
        stop?.abort();
        stop = undefined;
      }
    };
    follow();
    document.addEventListener('visibilitychange', follow);
    return () => {
      document.removeEventListener('visibilitychange', follow);
      stop?.abort();
    };
  }, [id, may, queries]);
  useEffect(() => {
    if (flip === '') return undefined;
    const timer = setTimeout(() => setFlip(''), TOLD_MS);
    return () => clearTimeout(timer);
  }, [flip]);
  return flip;
}

interface Watching {
  readonly queries: QueryClient;
  readonly signal: AbortSignal;
  readonly onFlip: (text: string) => void;
}

async function watch(id: string, { queries, signal, onFlip }: Watching): Promise<void> {
  let wait = FIRST_WAIT_MS;
  let token = '';
  const onLine = (line: EventOf<'GET /api/admin/watch'>) => {
    wait = FIRST_WAIT_MS;
    token = line.resume_token;
    if (line.heartbeat !== undefined) return;
    const { live } = words.person;
    const flips = [
      ...(line.user_changed?.unlocked ?? []).map(({ flag_key }) => live.on(flag_key)),
      ...(line.user_changed?.locked ?? []).map(({ flag_key }) => live.off(flag_key)),
    ];
    if (flips.length > 0) onFlip(flips.join('; '));
    if (line.reset !== undefined) token = '';
    void queries.invalidateQueries({ queryKey: ['user', id] });
  };
  while (!signal.aborted) {
    const query = { user_id: id, ...(token === '' ? {} : { resume_token: token }) };
    // Why it ended is told where the page asks for what is shown.
    await callStream('GET /api/admin/watch', { query, signal }, onLine).catch(() => undefined);
    await pause(wait * (0.75 + Math.random() / 2), signal);
    wait = Math.min(wait * 2, LONGEST_WAIT_MS);
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener(
      'abort',
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });
}
