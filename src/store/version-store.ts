import type { JsonValue } from '../core/values/json.js';
import type { Page, PageRequest } from './page.js';

/** Of what versions are kept. `roles`: the roles that an organization defines. */
export type VersionKind = 'flag' | 'segment' | 'stages' | 'roles';

/** Which thing: a flag's or a segment's id, `stages`, or the organization whose roles they are. */
export interface VersionedThing {
  readonly kind: VersionKind;
  readonly id: string;
}

export interface VersionInfo extends VersionedThing {
  /** As the thing numbers them. Versions of roles are those of the organization, and have gaps where only something else of it changed. */
  readonly version: number;
  readonly at: number;
  /** Who made it; see `AuditChange`. */
  readonly actor: string;
  readonly actorOrganization: string;
  readonly requestId: string;
  readonly comment: string;
}

export interface StoredVersion extends VersionInfo {
  /** The whole state, as it was stored. */
  readonly state: JsonValue;
}

/** How many versions are kept of one thing, the newest of them. */
export const VERSIONS_KEPT = 500;

export interface VersionReader {
  /** Newest first. */
  list(thing: VersionedThing, page: PageRequest): Promise<Page<StoredVersion>>;
  get(thing: VersionedThing, version: number): Promise<StoredVersion | undefined>;
  /** The newest one below this; undefined where none is kept. */
  before(thing: VersionedThing, version: number): Promise<StoredVersion | undefined>;
}

/** Writes versions in the transaction that makes them. */
export interface VersionWriter {
  /** Adds the newest version of a thing, and drops those beyond {@link VERSIONS_KEPT}. */
  append(version: StoredVersion): Promise<void>;
  /** Drops all versions of a thing. */
  drop(thing: VersionedThing): Promise<void>;
}
