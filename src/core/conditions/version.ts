// The only file that may import semver.
import semver from 'semver';

/** A parsed version, as semver.org defines versions. */
export type Version = semver.SemVer;

/** Parses `1.2.3`, `v1.2.3-beta.1+build`; undefined for anything else. */
export function parseVersion(text: unknown): Version | undefined {
  return typeof text === 'string' ? (semver.parse(text) ?? undefined) : undefined;
}

/** The order of two versions, negative, zero or positive: a pre-release comes before its release, and builds do not count. */
export function compareVersions(left: Version, right: Version): number {
  return left.compare(right);
}
