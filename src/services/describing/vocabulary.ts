import type { Call } from '../../calls/caller.js';
import { authorize } from '../../calls/permissions.js';
import type { ConfigurationKeeper } from '../../configuration/configuration-keeper.js';
import { OPERATORS, type OperatorRow } from '../../core/conditions/operator-table.js';
import { describeKind, typeFits } from '../../core/conditions/value-kind.js';
import type { FactDefinition, FactType } from '../../core/facts/fact-definition.js';
import { FACTS, MET_CONDITIONS } from '../../core/facts/fact-table.js';
import type { Stage } from '../../core/flags/flag.js';
import { nounOf } from '../../core/sentences/fact-words.js';
import { DECORATOR_WORDS, wordsOfOperator } from '../../core/sentences/operator-words.js';
import { textOf } from '../../core/sentences/part.js';
import { BY_KEY } from '../../core/sentences/speaking.js';
import { rolesNamed } from '../../core/sentences/uses.js';
import { rolesOf } from '../../core/states/role-hierarchy.js';
import type { JsonValue } from '../../core/values/json.js';
import type { ActionVolumes } from './action-volumes.js';
import type { SampledUsers } from './user-sample.js';

export interface VocabularyOptions {
  readonly keeper: ConfigurationKeeper;
  readonly sampled: Pick<SampledUsers, 'read'>;
  readonly volumes: Pick<ActionVolumes, 'recent'>;
}

export interface DescribedFact extends FactDefinition {
  /** What it is called in sentences. */
  readonly words: string;
  /** The operators that fit its type. */
  readonly operators: readonly string[];
}

export interface DescribedOperator {
  readonly row: OperatorRow;
  readonly words: string;
  readonly fact: string;
  readonly value: string;
  readonly factTypes: readonly FactType[];
}

export interface DescribedAction {
  readonly name: string;
  readonly declared: boolean;
  readonly derived: boolean;
  readonly users: number;
  readonly times: number;
  readonly times30Days: number;
}

export interface Named {
  readonly key: string;
  readonly name: string;
}

/** All that conditions can be made of. */
export interface Vocabulary {
  readonly facts: readonly DescribedFact[];
  readonly operators: readonly DescribedOperator[];
  readonly decorators: readonly { readonly name: string; readonly words: string }[];
  readonly stages: readonly Stage[];
  readonly actions: readonly DescribedAction[];
  readonly attributes: readonly {
    readonly path: string;
    readonly types: readonly string[];
    readonly users: number;
    readonly values: readonly JsonValue[];
  }[];
  readonly roles: readonly { readonly name: string; readonly users: number }[];
  readonly segments: readonly Named[];
  readonly flags: readonly Named[];
  /** The lists of names that are not whole. */
  readonly cut: readonly string[];
  readonly sampledUsers: number;
}

/** How many names a list has. */
const MAX_NAMES = 500;

const TYPES: readonly FactType[] = ['string', 'number', 'boolean', 'list', 'json'];

const OPERATORS_DESCRIBED: readonly DescribedOperator[] = OPERATORS.map((row) => ({
  row,
  words: wordsOfOperator(row.name),
  fact: describeKind(row.fact),
  value: describeKind(row.value),
  factTypes: TYPES.filter((type) => typeFits(type, row.fact)),
}));

const FACTS_DESCRIBED: readonly DescribedFact[] = [...FACTS.values()]
  .toSorted((a, b) => inOrder(a.name, b.name))
  .map((definition) => ({
    ...definition,
    words: wordsOfFact(definition),
    operators: OPERATORS_DESCRIBED.filter(({ factTypes }) => factTypes.includes(definition.type)).map(
      ({ row }) => row.name,
    ),
  }));

/** The noun of a fact, with its params by their names. */
function wordsOfFact({ name, params, path }: FactDefinition): string {
  if (name === MET_CONDITIONS) return 'number of segments met';
  const required = params.filter((param) => param.required || param.name === 'action');
  const given = Object.fromEntries(required.map((param) => [param.name, param.name]));
  const named = { fact: name, params: path === 'orName' ? { name: '…' } : given, path: '', pointer: '' };
  return textOf(nounOf(named, { of: 'people', names: BY_KEY })).replaceAll('"', '');
}

/** What an editor of conditions offers. */
export class VocabularyService {
  readonly #options: VocabularyOptions;

  constructor(options: VocabularyOptions) {
    this.#options = options;
  }

  /** With names that begin with `prefix` alone. Rejects as the store does. */
  async get(call: Call, prefix: string): Promise<Vocabulary> {
    authorize(call, 'GetVocabulary');
    const { keeper, sampled, volumes } = this.#options;
    // One more than a list has, so that it is known to be cut.
    const [sample, recent] = await Promise.all([sampled.read(), volumes.recent(prefix, MAX_NAMES + 1)]);
    const volumeOf = new Map(recent.map(({ action, times }) => [action, times]));
    const { snapshot } = keeper;
    const cut: string[] = [];
    const begin = (...names: readonly string[]): boolean => names.some((name) => name.startsWith(prefix));
    const bounded = <T>(list: string, items: Iterable<T>): readonly T[] => {
      const taken: T[] = [];
      for (const item of items) {
        if (taken.length === MAX_NAMES) {
          cut.push(list);
          break;
        }
        taken.push(item);
      }
      return taken;
    };
    const seen = new Set([...snapshot.actions.keys(), ...volumeOf.keys(), ...sample.actions.keys()]);
    const actions = [...seen].filter((name) => begin(name));
    const roles = [...new Set([...rolesOf(undefined).keys(), ...rolesNamed(snapshot), ...sample.roles.keys()])];
    const attributes = [...sample.attributes].filter(([path]) => begin(path, path.slice('$.'.length)));
    const unlockable = snapshot.flags.values();
    return {
      facts: FACTS_DESCRIBED,
      operators: OPERATORS_DESCRIBED,
      decorators: Object.entries(DECORATOR_WORDS).map(([name, words]) => ({ name, words })),
      stages: snapshot.stages,
      actions: bounded('actions', actions.toSorted(inOrder)).map((name) => {
        const { users, times } = sample.actions.get(name) ?? { users: 0, times: 0 };
        const action = snapshot.actions.get(name);
        const [declared, derived] = [action !== undefined, action?.derivation !== undefined];
        return { name, declared, derived, users, times, times30Days: volumeOf.get(name) ?? 0 };
      }),
      attributes: bounded(
        'attributes',
        attributes.toSorted(([a], [b]) => inOrder(a, b)),
      ).map(([path, { types, users, values }]) => ({ path, types: [...types].toSorted(inOrder), users, values })),
      roles: bounded('roles', roles.filter((name) => begin(name)).toSorted(inOrder)).map((name) => ({
        name,
        users: sample.roles.get(name) ?? 0,
      })),
      segments: bounded(
        'segments',
        [...snapshot.segments.values()]
          .filter(({ key, name }) => begin(key, name))
          .toSorted((a, b) => inOrder(a.key, b.key)),
      ),
      flags: bounded('flags', matching(unlockable, begin)),
      cut,
      sampledUsers: sample.users,
    };
  }
}

function* matching(
  flags: Iterable<{ readonly stored: Named & { readonly archived: boolean } }>,
  begin: (...names: readonly string[]) => boolean,
): Generator<Named> {
  for (const { stored } of flags) if (!stored.archived && begin(stored.key, stored.name)) yield stored;
}

function inOrder(a: string, b: string): number {
  return a < b ? -1 : 1;
}
