const DEFAULT_SIZE = 50;
const MAX_SIZE = 1_000;

/** The page that a listing's request asks for. */
export function pageRequest({ pageSize, pageToken }: { readonly pageSize: number; readonly pageToken: string }) {
  const limit = Math.min(pageSize === 0 ? DEFAULT_SIZE : pageSize, MAX_SIZE);
  return pageToken === '' ? { limit } : { limit, after: pageToken };
}
