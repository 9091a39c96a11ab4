/** How one server is, as it says itself. It holds nothing secret: whoever may manage flags may read it. */
export interface NodeReport {
  /** A name for the process, which it keeps while it lives. */
  readonly id: string;
  readonly roles: readonly string[];
  /** The release that it runs. */
  readonly version: string;
  /** Whether it lets calls of tests decide flags by themselves; left out by a server that does not. */
  readonly testOverrides?: boolean;
  readonly startedAt: number;
  /** The revision of the configuration by which it decides. */
  readonly revision: number;
  /** Whether notices of other servers reach it. */
  readonly notifier: 'connected' | 'disconnected';
  readonly caches: Readonly<Record<'users' | 'organizations', CacheReport>>;
  /** How many streams are open. */
  readonly streams: number;
  /** About how many bytes are held back for readers of streams that do not keep up. */
  readonly streamBacklog: number;
  /** Keys that clients asked it for within a day and that no flag had, or an archived one: those asked for most often, at most 20. */
  readonly unknownKeys: readonly AskedKey[];
}

/** How often a key was asked for, and when first and last, in epoch milliseconds. */
export interface AskedKey {
  readonly key: string;
  readonly times: number;
  readonly firstAt: number;
  readonly lastAt: number;
}

export interface CacheReport {
  /** How many states are held, and about how many bytes they take. */
  readonly held: number;
  readonly bytes: number;
  /** How many states were answered from memory since the start, and for how many the store had to be asked. */
  readonly hits: number;
  readonly misses: number;
}

export interface SeenNode extends NodeReport {
  /** When it last said so, by the database's clock. */
  readonly seenAt: number;
}

/** For how long the report of a server is kept that says nothing more, in milliseconds. */
export const NODE_KEPT_MS = 60_000;

/** The servers of the deployment: each writes its own report, and any of them reads all. */
export interface NodeStore {
  /** Writes a server's report in place of its last one, and drops those of servers that have been silent for {@link NODE_KEPT_MS}. */
  announce(report: NodeReport): Promise<void>;
  /** Drops the report of a server that ends. */
  leave(id: string): Promise<void>;
  /** All that have not been silent for that long, by id. */
  all(): Promise<readonly SeenNode[]>;
}
