import { type Call, confinedTo } from './caller.js';

/** Who reads a stream, for as long as it is open. */
export interface Reader {
  /** Sees as people do: their screens' flags alone, denials as any flag that is off. */
  readonly people: boolean;
  /** The machine token that it goes back to; '' for none. */
  readonly tokenId: string;
  /** Not '': it may read that organization's users only. */
  readonly organizationId: string;
  /** When what it was opened with ends (epoch milliseconds); Infinity: not by itself. */
  readonly endsAt: number;
}

/** Reads as whoever calls may. */
export function readerOf({ caller }: Call): Reader {
  if (caller.kind === 'person') {
    return { people: true, tokenId: '', organizationId: '', endsAt: caller.expiresAt ?? Infinity };
  }
  return { people: false, tokenId: caller.tokenId, organizationId: confinedTo(caller), endsAt: Infinity };
}
