import { hash } from 'node:crypto';
import { invalidAt } from '../../calls/errors.js';
import { quote } from '../../core/values/json.js';

/** What the request of every paged list has. Its other members are the list's filter. */
export interface PagedRequest {
  readonly pageSize: number;
  readonly pageToken: string;
}

const DEFAULT_SIZE = 50;
const MAX_SIZE = 1_000;
/** How many bytes of the hash of list and filter a token has: enough to tell one list's tokens from another's. */
const MARK_BYTES = 8;
/** The members of requests that may differ from page to page. */
const NO_FILTERS: ReadonlySet<string> = new Set(['pageSize', 'pageToken', 'consistencyToken', 'consistency', 'facets']);

/**
 * The page that a list's request asks for, and the token of the next page. A token is a mark of the list and its filter,
 * followed by the store's position. It is opaque to callers, and INVALID for any other list or filter. It is not signed: with
 * a position that it made up, a caller sees nothing that it would not see without one.
 */
export class Paging {
  /** The page as the use case takes it. */
  readonly page: { readonly limit: number; readonly after?: string };
  readonly #mark: Buffer;

  /** `list` is the RPC's name. Throws INVALID for a token that is not of this list and filter. */
  constructor(list: string, request: PagedRequest) {
    this.#mark = markOf(list, request);
    const { pageSize, pageToken } = request;
    const limit = Math.min(pageSize === 0 ? DEFAULT_SIZE : pageSize, MAX_SIZE);
    this.page = pageToken === '' ? { limit } : { limit, after: this.#positionIn(pageToken, list) };
  }

  /** The `next_page_token` for the store's next position; '' after the last page. */
  tokenOf(next: string | undefined): string {
    if (next === undefined) return '';
    return Buffer.concat([this.#mark, Buffer.from(next)]).toString('base64url');
  }

  #positionIn(token: string, list: string): string {
    const bytes = Buffer.from(token, 'base64url');
    // A text that decodes, but that encoding does not give back, is no token.
    const ours = bytes.toString('base64url') === token && bytes.subarray(0, MARK_BYTES).equals(this.#mark);
    if (ours) return bytes.toString('utf8', MARK_BYTES);
    const message =
      `page_token ${quote(token)} is none that ${list} gave for this filter; ` +
      'pass next_page_token as it was given and all else as before, or leave it out to begin anew';
    throw invalidAt('/page_token', message);
  }
}

function markOf(list: string, request: PagedRequest): Buffer {
  const filter = Object.entries(request).filter(([field, value]) => value !== undefined && !NO_FILTERS.has(field));
  return hash('sha256', JSON.stringify([list, filter.sort(([a], [b]) => (a < b ? -1 : 1))]), 'buffer').subarray(
    0,
    MARK_BYTES,
  );
}
