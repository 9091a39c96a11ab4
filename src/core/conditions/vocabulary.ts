import type { FactDefinition } from '../facts/fact-definition.js';

/** The names that exist, as a set or a map has them. */
export interface Names {
  has(name: string): boolean;
  keys(): Iterable<string>;
}

/** What conditions may refer to, apart from operators. */
export interface Vocabulary {
  /** The facts that may be read; absent: those about users. */
  readonly facts?: ReadonlyMap<string, FactDefinition>;
  readonly segments: Names;
  /** Keys of flags that `unlocked` may name: those with a latching rule or grants. */
  readonly flags: Names;
  /** Keys of flags that `unlocked` may name of the user's organization; absent where nothing can read that. */
  readonly organizationFlags?: Names;
  /** The configured stages; absent or empty where any name is a stage. */
  readonly stages?: Names;
  /** The declared actions; actions that are not declared count as well. */
  readonly actions?: Names;
}
