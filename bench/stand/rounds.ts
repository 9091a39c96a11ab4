/** What one round of one side came to, by the names of the figures. */
export type Figures = Readonly<Record<string, number>>;

/** One of the things that are compared. */
export interface Side {
  readonly name: string;
  /** Measures once. */
  run(): Promise<Figures> | Figures;
}

/** How many rounds a bench has: `ROUNDS` in the environment. */
export const roundsOr = (usual: number): number => Number(process.env.ROUNDS ?? usual);

/** Every figure of every side, one value a round, in the order of the rounds. */
export class Measured {
  readonly #values = new Map<string, number[]>();

  add(side: string, figures: Figures): void {
    for (const [figure, value] of Object.entries(figures)) {
      const key = `${side}\n${figure}`;
      const values = this.#values.get(key);
      if (values === undefined) this.#values.set(key, [value]);
      else values.push(value);
    }
  }

  of(side: string, figure: string): readonly number[] {
    const values = this.#values.get(`${side}\n${figure}`);
    if (values === undefined) throw new Error(`${side} has no figure ${figure}`);
    return values;
  }

  /** One side's figure divided by the other's, round by round: what holds on a machine whose speed drifts. */
  ratio(figure: string, side: string, other: string): readonly number[] {
    const others = this.of(other, figure);
    return this.of(side, figure).map((value, round) => value / others[round]!);
  }
}

/**
 * Measures all sides in each of so many rounds, after warm-up rounds that do not count. Each round begins with another side,
 * so that none always follows the same one.
 */
export async function sideBySide(sides: readonly Side[], rounds: number, warmUps = 1): Promise<Measured> {
  const measured = new Measured();
  for (let round = -warmUps; round < rounds; round++) {
    for (let i = 0; i < sides.length; i++) {
      const side = sides[(i + round + warmUps) % sides.length]!;
      const figures = await side.run();
      if (round >= 0) measured.add(side.name, figures);
    }
  }
  return measured;
}
