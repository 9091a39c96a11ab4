import type { FastifyRequest } from 'fastify';
import { invalid } from '../../calls/errors.js';
import { StaleRows } from '../../calls/writes/stale-rows.js';
import { StaleVersion } from '../../calls/writes/stale-version.js';
import { quote } from '../../core/values/json.js';
import { currentOf, rowsNow, type Versioned } from '../../protocol/http/versions.js';
import { HttpError } from '../server/problem.js';

const TAG = /^"([\w.!~*'()%-]+)-(\d{1,10})"$/;

/**
 * The entity tag of a version. It has the id, since a thing that is made anew under an old key begins at version 1 again. An
 * organization's id may hold what no header does, so it stands there as in a path.
 */
export function tagOf({ id, version }: Versioned): string {
  return `"${encodeURIComponent(id)}-${version}"`;
}

/** The version that a request demands by `If-Match: "ID-VERSION"`, or by `If-None-Match: *` for what must not exist yet. */
export function preconditionOf({ headers }: FastifyRequest): Versioned | undefined {
  const { 'if-match': ifMatch, 'if-none-match': ifNoneMatch } = headers;
  if (ifNoneMatch !== undefined) {
    if (ifMatch !== undefined) throw invalid('If-Match and If-None-Match contradict each other; send one');
    if (ifNoneMatch.trim() !== '*') {
      throw invalid(`If-None-Match of a change is *, which demands that there is none yet, not ${quote(ifNoneMatch)}`);
    }
    return { id: '', version: 0 };
  }
  if (ifMatch === undefined) return undefined;
  const [, id, version] = TAG.exec(ifMatch.trim()) ?? [];
  try {
    if (id !== undefined) return { id: decodeURIComponent(id), version: Number(version) };
  } catch {
    // Percent signs that encode nothing.
  }
  throw invalid(`If-Match ${quote(ifMatch)} is no ETag of this administration, like "flg_…-7" in double quotes`);
}

/**
 * The HTTP error of a write that expected another version: 412 where a header demanded the version (RFC 9110, section 13.1.1),
 * else 409. The answer has what is stored as `current`, with its ETag, null where nothing is; of access rows that have changed, as `current_access`.
 */
export function asHttpError(error: unknown, precondition: Versioned | undefined): unknown {
  const status = precondition === undefined ? 409 : 412;
  if (error instanceof StaleRows)
    return new HttpError(status, 'CONFLICT', error.message, { members: { current_access: rowsNow(error) } });
  if (!(error instanceof StaleVersion)) return error;
  const current = currentOf(error);
  return new HttpError(status, 'CONFLICT', error.message, {
    headers: current === undefined ? {} : { etag: tagOf(current.version) },
    members: { current: current?.json ?? null },
  });
}
