// The only file that may import semver.
import semver from 'semver';

/** A version taken apart. */
export interface Version {
  /** Digits without leading zeros, and without parts of zero at the end: `17`, `17.0` and `v17.0.0` are the same. */
  readonly parts: readonly string[];
  /** The identifiers of a pre-release; none for a release. */
  readonly preRelease: readonly string[];
}

/** The longest version, in characters, and the most parts that it may have. */
const MAX_VERSION_LENGTH = 128;
const MAX_PARTS = 8;

/** Parts, a pre-release after `-`, and a build that does not count: after `+`, or in parentheses as phones show it. */
const VERSION = /^[vV]?(\d+(?:\.\d+)*)(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+[0-9A-Za-z.-]+)?(?: ?\([^()]*\))?$/;

/**
 * Reads a version as semver.org defines it, and as phones and servers report theirs: with one part or up to eight
 * (`17`, `17.1`, `10.0.19045.1`), `v` before it, zeros before a part (`22.04`), `17.1 (21B74)`. A whole number is a version
 * of one part. Undefined for anything else: a number with a fraction is none, since 17.10 would be read as 17.1.
 */
export function parseVersion(value: unknown): Version | undefined {
  const text = Number.isSafeInteger(value) ? String(value) : value;
  if (typeof text !== 'string' || text.length > MAX_VERSION_LENGTH) return undefined;
  const match = VERSION.exec(text.trim());
  if (match === null) return undefined;
  const parts = match[1]!.split('.').map((part) => part.replace(/^0+(?=\d)/, ''));
  if (parts.length > MAX_PARTS) return undefined;
  while (parts.at(-1) === '0') parts.pop();
  return { parts, preRelease: match[2]?.split('.') ?? [] };
}

/** The order of two versions, negative, zero or positive: a pre-release comes before its release, and builds do not count. */
export function compareVersions(left: Version, right: Version): number {
  for (let i = 0; i < left.parts.length || i < right.parts.length; i += 1) {
    const order = compareDigits(left.parts[i] ?? '0', right.parts[i] ?? '0');
    if (order !== 0) return order;
  }
  return comparePreReleases(left.preRelease, right.preRelease);
}

/** Of two numbers in digits without leading zeros, however many. */
function compareDigits(left: string, right: string): number {
  if (left.length !== right.length) return left.length - right.length;
  return left === right ? 0 : left < right ? -1 : 1;
}

function comparePreReleases(left: readonly string[], right: readonly string[]): number {
  if (left.length === 0 || right.length === 0) return right.length - left.length;
  for (let i = 0; i < left.length && i < right.length; i += 1) {
    const order = semver.compareIdentifiers(left[i]!, right[i]!);
    if (order !== 0) return order;
  }
  return left.length - right.length;
}
