/** Names that exist: a set of them, or a map by them. */
export interface Names {
  has(name: string): boolean;
  keys(): Iterable<string>;
}

/** What conditions may refer to beside facts and operators. */
export interface Vocabulary {
  readonly segments: Names;
  /** Keys of flags that `unlocked` may name: those with a latching rule or grants. */
  readonly flags: Names;
}
