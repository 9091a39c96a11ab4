import type { WatchAdminResponse } from '../../../src/protocol/gen/admin-json.js';

type Named = Required<
  Pick<WatchAdminResponse, 'configuration' | 'backfill' | 'audit' | 'unlock' | 'counters' | 'reset'>
>;
export type LiveName = keyof Named;

/** Something that happened, as the server's stream tells it. */
export type LiveEvent = { readonly [Name in LiveName]: { readonly name: Name; readonly data: Named[Name] } }[LiveName];
