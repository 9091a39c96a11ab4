import { useEffect, useRef, useState } from 'react';
import type { AccessRow } from '../../../../../src/protocol/gen/admin-json.js';
import { call } from '../../../api/api.js';
import { Button } from '../../../ui/button.js';
import { DownloadIcon } from '../../../ui/icons.js';
import { tell } from '../../../ui/toasts.js';
import { words } from '../../../words/flag-access-words.js';
import type { listingOf } from './listing.js';
import { csvOf, linesOf } from './rows-file.js';

export interface DownloadRowsProps {
  readonly flagKey: string;
  /** Which rows: those that the list shows. */
  readonly listing: ReturnType<typeof listingOf>;
}

/** All rows that the filter finds, as a file. */
export function DownloadRows({ flagKey, listing }: DownloadRowsProps) {
  const { rows: said } = words.flagAccess;
  const [fetched, setFetched] = useState<number>();
  const stop = useRef<AbortController>(null);
  useEffect(() => () => stop.current?.abort(), []);
  const download = async (ending: 'csv' | 'jsonl'): Promise<void> => {
    stop.current = new AbortController();
    const { signal } = stop.current;
    setFetched(0);
    try {
      const rows: AccessRow[] = [];
      for (let token: string | undefined = ''; token !== undefined; ) {
        const page: Awaited<ReturnType<typeof pageOf>> = await pageOf(flagKey, listing, token, signal);
        rows.push(...page.access);
        setFetched(rows.length);
        token = page.next_page_token === '' ? undefined : page.next_page_token;
      }
      const text = ending === 'csv' ? csvOf(rows) : linesOf(rows);
      save(
        `${flagKey}-access.${ending}`,
        new Blob([text], { type: ending === 'csv' ? 'text/csv' : 'application/jsonl' }),
      );
    } catch (error) {
      if (!signal.aborted) tell({ kind: 'failed', title: said.notDownloaded, what: String(error) });
    } finally {
      setFetched(undefined);
    }
  };
  if (fetched !== undefined)
    return (
      <span className="rows-downloading" role="status">
        <progress aria-label={said.download} />
        <span className="numbers">{said.downloading(fetched)}</span>
        <Button onClick={() => stop.current?.abort()}>{said.stop}</Button>
      </span>
    );
  return (
    <>
      <Button kind="quiet" icon={<DownloadIcon aria-hidden />} onClick={() => void download('csv')}>
        {said.asCsv}
      </Button>
      <Button kind="quiet" icon={<DownloadIcon aria-hidden />} onClick={() => void download('jsonl')}>
        {said.asLines}
      </Button>
    </>
  );
}

function pageOf(flag: string, listing: DownloadRowsProps['listing'], page_token: string, signal: AbortSignal) {
  const query = { ...listing, page_token, page_size: 1_000 };
  return call('GET /api/admin/flags/{flag}/access', { path: { flag }, query, signal });
}

/** Hands a file to the browser, which puts it where it puts what it downloads. */
function save(name: string, file: Blob): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
