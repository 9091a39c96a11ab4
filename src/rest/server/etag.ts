import { hash } from 'node:crypto';
import { Type } from 'typebox';
import { invalid } from '../../calls/errors.js';
import { quote } from '../../core/values/json.js';

/** A strong entity tag that changes whenever the content does. */
export function etagOf(content: string): string {
  return `"${hash('sha256', content, 'base64url')}"`;
}

const TAG = /^"[\w-]{43}"$/;

/** Whether it may be a tag that {@link etagOf} made. */
export function isEtag(text: string): boolean {
  return TAG.test(text);
}

/** Whether an `If-None-Match` header names this tag, by the weak comparison (RFC 9110, section 13.1.2). */
export function matches(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  if (ifNoneMatch === etag || ifNoneMatch === '*') return true;
  return ifNoneMatch.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag);
}

const VERSION_TAG = /^(?:W\/)?"(\d{1,9})"$/;

/** The entity tag of a flag's version. */
export function versionTag(version: number): string {
  return `"${version}"`;
}

/** The version that an `If-Match` header demands; undefined for none, and for `*`. */
export function demandedVersion(ifMatch: string | undefined): number | undefined {
  if (ifMatch === undefined || ifMatch.trim() === '*') return undefined;
  const version = VERSION_TAG.exec(ifMatch.trim())?.[1];
  if (version === undefined) {
    throw invalid(`If-Match ${quote(ifMatch)} is no version of a flag; send its ETag, like "7" in double quotes`);
  }
  return Number(version);
}

/** The schema of the headers of a request that may name an entity tag. */
export const ReadHeadersSchema = Type.Object({
  'if-none-match': Type.Optional(Type.String({ description: 'The ETag of an earlier answer.' })),
  'consistency-token': Type.Optional(Type.String()),
});
