import type { DiffVersionsResponse, ListVersionsResponse, Version } from '../../../../src/protocol/gen/admin-json.js';
import { call } from '../../api/api.js';

/** Whose versions are shown, and how they are asked for. */
export interface VersionSource {
  /** What the keys of its queries begin with, so that they are asked again when it changes. */
  readonly queryKey: readonly unknown[];
  readonly list: (page_token: string, signal: AbortSignal) => Promise<ListVersionsResponse>;
  readonly one: (version: number, signal?: AbortSignal) => Promise<Version | undefined>;
  /** What became of a version by `to`; without it, what the version changed of the one before. */
  readonly diff: (version: number, to: number | undefined, signal: AbortSignal) => Promise<DiffVersionsResponse>;
}

const PAGE = 50;

/** The versions of a segment, by its key. */
export function versionsOfSegment(segment_key: string): VersionSource {
  const path = { segment_key };
  return {
    queryKey: ['segment', segment_key, 'versions'],
    list: (page_token, signal) =>
      call('GET /api/admin/segments/{segment_key}/versions', { path, query: { page_token, page_size: PAGE }, signal }),
    one: async (version, signal) => {
      const answer = await call('GET /api/admin/segments/{segment_key}/versions/{version}', {
        path: { ...path, version },
        ...(signal === undefined ? {} : { signal }),
      });
      return answer.version;
    },
    diff: (version, to, signal) =>
      call('GET /api/admin/segments/{segment_key}/versions/{version}/diff', {
        path: { ...path, version },
        query: to === undefined ? {} : { to },
        signal,
      }),
  };
}

/** The versions of a flag, by its key. */
export function versionsOfFlag(flag: string): VersionSource {
  const path = { flag };
  return {
    queryKey: ['flag', flag, 'versions'],
    list: (page_token, signal) =>
      call('GET /api/admin/flags/{flag}/versions', { path, query: { page_token, page_size: PAGE }, signal }),
    one: async (version, signal) => {
      const of = { ...path, version };
      const answer = await call('GET /api/admin/flags/{flag}/versions/{version}', {
        path: of,
        ...(signal === undefined ? {} : { signal }),
      });
      return answer.version;
    },
    diff: (version, to, signal) =>
      call('GET /api/admin/flags/{flag}/versions/{version}/diff', {
        path: { ...path, version },
        query: to === undefined ? {} : { to },
        signal,
      }),
  };
}

/** The versions of the list of onboarding stages. */
export function versionsOfStages(): VersionSource {
  return {
    queryKey: ['onboarding', 'versions'],
    list: (page_token, signal) =>
      call('GET /api/admin/stages/versions', { query: { page_token, page_size: PAGE }, signal }),
    one: async (version, signal) => {
      const answer = await call('GET /api/admin/stages/versions/{version}', {
        path: { version },
        ...(signal === undefined ? {} : { signal }),
      });
      return answer.version;
    },
    diff: (version, to, signal) =>
      call('GET /api/admin/stages/versions/{version}/diff', {
        path: { version },
        query: to === undefined ? {} : { to },
        signal,
      }),
  };
}
