/**
 * What was made of a state, kept with it for as long as it is held. It is no part of the state: it has no members that could be
 * compared, printed or sent. A state that is copied with some members replaced shares it with the other one, so whoever keeps
 * something here keeps beside it which state that is of.
 */
export class Recollection {
  #kept: unknown;

  get kept(): unknown {
    return this.#kept;
  }

  keep(made: unknown): void {
    this.#kept = made;
  }
}
