import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query';
import type {
  GetUserResponse,
  LedgerEntry,
  ListUserFlagsResponse,
} from '../../../../../src/protocol/gen/admin-json.js';
import { call } from '../../../api/api.js';
import { askUntold, UNTOLD_MS } from '../../../api/query-client.js';
import { serverNow } from '../../../api/server-clock.js';
import type { StateName, WhatIf } from './person-search.js';

/** Stand for the last write of this tab about each person, so that what is asked for afterwards has it. */
const writes = new Map<string, string>();

export function noteWrite(id: string, consistencyToken: string): void {
  writes.set(id, consistencyToken);
}

function after(id: string): { readonly consistency_token?: string } {
  const token = writes.get(id);
  return token === undefined ? {} : { consistency_token: token };
}

/** Everything that is stored about a person. */
export function usePerson(id: string) {
  return useQuery({
    queryKey: ['user', id, 'stored'],
    queryFn: ({ signal }) => call('GET /api/admin/users/{user_id}', { path: { user_id: id }, signal }),
    refetchInterval: (query) => askUntold(query),
  });
}

/** Whether nothing is stored of somebody; of whoever was erased the revision is kept, and nothing else. */
export function isUnknown({
  user,
  progress,
  action_totals,
  unlocks,
  access,
  expected_organization_id,
}: GetUserResponse): boolean {
  const told = [
    ...[user?.organization_id, progress?.stage, user?.time_zone, expected_organization_id],
    ...[user?.joined_at, user?.email_verified === true ? 'verified' : ''],
  ];
  const lists = [user?.roles ?? [], Object.keys(user?.attributes ?? {}), action_totals, unlocks, access];
  return told.every((text) => text === undefined || text === '') && lists.every(({ length }) => length === 0);
}

const PAGE = 100;

const AT_ONCE_MS = 500;

/** In how long a decision among these is due to change by time alone, at most as long as is waited anyway. */
function untilDue(pages: readonly ListUserFlagsResponse[]): number {
  const due = pages.flatMap(({ flags }) => flags.map(({ decision }) => Date.parse(decision?.valid_until ?? '')));
  const ahead = due.map((at) => at - serverNow()).filter((ms) => ms > 0);
  return Math.min(UNTOLD_MS * Math.max(1, pages.length), ...ahead.map((ms) => ms + AT_ONCE_MS));
}

/** A person's flags, as far as they have been fetched. */
export function usePersonFlags(
  id: string,
  { q, state }: { readonly q?: string; readonly state?: StateName },
  enabled = true,
) {
  return useInfiniteQuery({
    queryKey: ['user', id, 'flags', { q, state }],
    enabled,
    initialPageParam: '',
    queryFn: ({ pageParam, signal }) =>
      call('GET /api/admin/users/{user_id}/flags', {
        path: { user_id: id },
        query: {
          page_size: PAGE,
          page_token: pageParam,
          ...after(id),
          ...(q === undefined ? {} : { q }),
          ...(state === undefined ? {} : { states: [state.toUpperCase() as 'ON'] }),
        },
        signal,
      }),
    getNextPageParam: ({ next_page_token }) => (next_page_token === '' ? undefined : next_page_token),
    refetchInterval: (query) => askUntold(query, untilDue(query.state.data?.pages ?? [])),
    placeholderData: keepPreviousData,
  });
}

/** Why a flag is on or off for a person, or would be with other values. */
export function useExplanation(id: string, flag: string, whatIf: WhatIf | undefined, enabled = true) {
  return useQuery({
    queryKey: ['user', id, 'explain', flag, whatIf],
    queryFn: ({ signal }) => explanationOf(id, flag, whatIf, signal),
    enabled,
    refetchInterval: (query) => askUntold(query),
    placeholderData: keepPreviousData,
  });
}

/** Read wherever an address can say it, since whoever views the console as somebody else may do nothing but read. */
export function explanationOf(
  id: string,
  flag: string,
  { organization, roles, at, attributes }: WhatIf = {},
  signal: AbortSignal,
) {
  const path = { user_id: id, flag };
  const given = {
    ...after(id),
    ...(organization === undefined ? {} : { organization_id: organization }),
    ...(roles === undefined ? {} : { roles: [...roles] }),
    ...(at === undefined ? {} : { at }),
  };
  if (attributes === undefined && organization !== '')
    return call('GET /api/admin/users/{user_id}/flags/{flag}/explain', { path, query: given, signal });
  const body = { ...given, ...(attributes === undefined ? {} : { attributes }) };
  return call('POST /api/admin/users/{user_id}/flags/{flag}/explain', { path, body, signal });
}

/** All of a person's ledger, oldest first: it is bounded by the rules that there are. */
export function useLedger(id: string, enabled = true) {
  return useQuery({
    queryKey: ['user', id, 'ledger'],
    queryFn: async ({ signal }) => {
      const entries: LedgerEntry[] = [];
      for (let token: string | undefined = ''; token !== undefined; ) {
        const page: Awaited<ReturnType<typeof ledgerPage>> = await ledgerPage(id, token, signal);
        entries.push(...page.entries);
        token = page.next_page_token === '' ? undefined : page.next_page_token;
      }
      return entries;
    },
    enabled,
  });
}

function ledgerPage(id: string, page_token: string, signal: AbortSignal) {
  return call('GET /api/admin/users/{user_id}/unlocks', {
    path: { user_id: id },
    query: { page_size: 1_000, page_token },
    signal,
  });
}

/** A flag as it is configured. */
export function useFlag(flag: string, enabled: boolean) {
  return useQuery({
    queryKey: ['flag', flag],
    queryFn: ({ signal }) => call('GET /api/admin/flags/{flag}', { path: { flag }, signal }),
    enabled,
  });
}
