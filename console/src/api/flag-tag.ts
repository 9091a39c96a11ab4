import type { FeatureFlag } from '../../../src/protocol/gen/admin-json.js';

/** The ETag of a flag as it is here: a change that names it is refused where the flag has changed since. */
export function tagOfFlag({ id, version }: Pick<FeatureFlag, 'id' | 'version'>): string {
  return `"${id}-${version}"`;
}
