/** What a text asks to be done, and to what. */
export interface Asked<Verb extends string> {
  readonly verb: Verb;
  /** The phrase by which it is asked. */
  readonly phrase: string;
  /** All that stands behind the phrase, such as what a flag is found by. */
  readonly whole: string;
  /** The same in two, such as a flag and a person: at a word that stands between them, else before the last word. '' of one word alone. */
  readonly parts: readonly [string, string];
}

/** The phrases of a list with commas between, longest first. */
export function phrasesIn(list: string): readonly string[] {
  return list
    .split(',')
    .map((phrase) => phrase.trim().toLowerCase())
    .toSorted((one, other) => other.length - one.length);
}

/** Reads what a text asks for: the verb whose phrase it begins with, the longest of all. Undefined where it begins with none. */
export function askedOf<Verb extends string>(
  text: string,
  verbs: ReadonlyMap<Verb, readonly string[]>,
  between: readonly string[],
): Asked<Verb> | undefined {
  const tokens = text.trim().split(/\s+/);
  const folded = tokens.join(' ').toLowerCase();
  const said = [...verbs]
    .flatMap(([verb, phrases]) => phrases.map((phrase) => ({ verb, phrase })))
    .filter(({ phrase }) => folded === phrase || folded.startsWith(`${phrase} `))
    .toSorted((one, other) => other.phrase.length - one.phrase.length)[0];
  if (said === undefined) return undefined;
  const rest = tokens.slice(said.phrase.split(' ').length);
  return { ...said, whole: rest.join(' '), parts: inTwo(rest, between) };
}

function inTwo(tokens: readonly string[], between: readonly string[]): readonly [string, string] {
  if (tokens.length < 2) return ['', ''];
  const at = tokens.findLastIndex(
    (token, i) => i > 0 && i < tokens.length - 1 && between.includes(token.toLowerCase()),
  );
  const [end, from] = at === -1 ? [tokens.length - 1, tokens.length - 1] : [at, at + 1];
  return [tokens.slice(0, end).join(' '), tokens.slice(from).join(' ')];
}
