import type {
  AccessRow,
  Action,
  Configuration,
  ConfigurationChanges,
  Flag,
  Segment,
  StageList,
} from '../core/flags/flag.js';
import type { Page, PageRequest } from './page.js';

/** Reads of the configuration. */
export interface ConfigurationReader {
  /** The newest committed revision; 0 before the first change. */
  revision(): Promise<number>;
  /** The whole configuration as of one instant: its parts and its revision belong together. */
  load(): Promise<Configuration>;
  /** What changed of it since a revision, as of one instant. */
  changes(since: number): Promise<ConfigurationChanges>;
  /** A flag by id or by key; undefined when there is none. Archived ones are found. */
  flag(idOrKey: string): Promise<Flag | undefined>;
  /** All rows of a flag that fit a filter: roles', then organizations', then users', each by key. Inactive ones too. */
  access(flagId: string, page: PageRequest, filter?: AccessFilter): Promise<Page<AccessRow>>;
  /** Those of these flags, by id, for which no user and no organization has an access row. */
  withoutRows(flagIds: readonly string[]): Promise<readonly string[]>;
  segment(key: string): Promise<Segment | undefined>;
  /** Segments by key, ascending; those alone whose keys begin with `prefix` where one is given. */
  segments(page: PageRequest, prefix?: string): Promise<Page<Segment>>;
  stages(): Promise<StageList>;
  /** Declared actions by name, ascending. */
  actions(page: PageRequest): Promise<Page<Action>>;
}

export interface AccessFilter {
  /** The organization whose rows they are. */
  readonly managedBy?: string;
  /** Whom they are for; absent: anybody. */
  readonly subject?: 'roles' | 'organizations' | 'users';
  /** What the user begins with, or the organization, or the role of rows that name no more. */
  readonly prefix?: string;
}

/**
 * Changes of the configuration. Each transaction that makes one calls `advance` once, after every other lock and before it
 * reads what it decides by: changes take turns, and pollers skip none. What is put before that is refused: it would belong
 * to a revision that others have read already.
 */
export interface ConfigurationWriter {
  /**
   * The revision, which cannot change until this transaction ends: a writer's `advance` waits. So a worker that has confirmed
   * its snapshot by it cannot commit what a newer rule would have decided otherwise. Gives the database's clock, too, since
   * everybody who confirms needs it.
   */
  confirmRevision(): Promise<Confirmed>;
  /** Locks the revision until this transaction ends. When it resolves, every transaction that had confirmed it has ended. */
  holdRevision(): Promise<void>;
  /** Locks the revision's row and raises it by one; gives the new revision. */
  advance(): Promise<number>;

  /** The flag by id or key, locked against change until the end; undefined when there is none. */
  lockFlag(idOrKey: string): Promise<Flag | undefined>;
  /** Inserts, or replaces by id. Rejects with {@link KeyTaken} when another flag has the key. */
  putFlag(flag: Flag): Promise<void>;

  /** The whole configuration as this transaction sees it. */
  load(): Promise<Configuration>;
  /** What changed of it since a revision, as this transaction sees it: what it changed itself included. */
  changes(since: number): Promise<ConfigurationChanges>;

  /** Inserts, or replaces by key. */
  putSegment(segment: Segment): Promise<void>;
  /** Drops a segment that is there. */
  dropSegment(key: string): Promise<void>;
  stages(): Promise<StageList>;
  /** Replaces the whole ordered list. */
  putStages(list: StageList): Promise<void>;
  /** Replaces the time zone of users for whom nobody named one. */
  putTimeZone(zone: string): Promise<void>;
  /** Replaces the paths of the attributes that users are found by; see `SearchFill`. */
  putSearchAttributes(paths: readonly string[]): Promise<void>;
  /** Inserts, or replaces by name. Users are brought up to date when they are read next with what is derived otherwise. */
  putActions(actions: readonly Action[]): Promise<void>;
  /** Drops an action; gives it as it was, undefined when there is none. */
  dropAction(name: string): Promise<Action | undefined>;
  /** The platform-wide role rows of a flag, as this transaction sees them. */
  roleAccess(flagId: string): Promise<readonly AccessRow[]>;
  /** Platform-wide role rows: inserts, or replaces effect and enabled by key. */
  putRoleAccess(rows: readonly AccessRow[]): Promise<void>;
  /** Drops rows by key; true for each that was there. */
  dropRoleAccess(rows: readonly AccessRow[]): Promise<readonly boolean[]>;
  /** As {@link ConfigurationReader.withoutRows}; true until the commit for flags that are locked. */
  withoutRows(flagIds: readonly string[]): Promise<readonly string[]>;
}

export interface Confirmed {
  readonly revision: number;
  readonly now: number;
}

/** Two transactions created a flag of the same key at the same time. */
export class KeyTaken extends Error {
  constructor(key: string) {
    super(`the key ${JSON.stringify(key)} is taken`);
    this.name = 'KeyTaken';
  }
}
