import { readTlsFiles, type TlsConfig } from '../../config/tls-config.js';
import { repeat } from './repeat.js';

/** How often the files are read. They are not watched, since a mounted secret is replaced by another link. */
const LOOK_EVERY_MS = 10_000;

export interface WatchTlsOptions {
  readonly tls: TlsConfig | undefined;
  readonly onRenewed: (tls: TlsConfig) => void;
  /** Called for files that cannot be used; the former ones are still used then. */
  readonly onError: (name: string, error: unknown) => void;
  readonly everyMs?: number;
}

/** Reads the TLS files again and again, and tells when they have changed. Gives the function that stops it. */
export function watchTls({ tls, onRenewed, onError, everyMs = LOOK_EVERY_MS }: WatchTlsOptions): () => Promise<void> {
  if (tls === undefined) return () => Promise.resolve();
  let served = tls;
  return repeat({
    name: 'the look at the TLS files',
    everyMs,
    run: async () => {
      const now = readTlsFiles(served.files);
      if (isSame(now, served)) return;
      served = now;
      onRenewed(now);
    },
    onError,
  });
}

function isSame(one: TlsConfig, other: TlsConfig): boolean {
  return (
    one.certificate === other.certificate && one.key === other.key && one.clientAuthorities === other.clientAuthorities
  );
}
