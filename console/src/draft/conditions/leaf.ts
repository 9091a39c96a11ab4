import { isJsonObject, type JsonObject, type JsonValue, ownMember, withMember } from '../values/json.js';
import { fitsForm } from '../values/value-text.js';
import type { ConditionNode } from './condition-tree.js';

/** A fact that a comparison reads, on either side. */
export interface FactRead {
  readonly fact: string;
  readonly params: JsonObject;
  /** '' without. */
  readonly path: string;
}

/** What a comparison compares with. */
export type LeafValue =
  | { readonly kind: 'constant'; readonly value: JsonValue }
  | { readonly kind: 'fact'; readonly read: FactRead };

/** A comparison as its fields show it. */
export interface Leaf {
  readonly read: FactRead;
  /** Outermost first: `someFact`, `not` of `someFact:not:equal`. */
  readonly decorators: readonly string[];
  readonly operator: string;
  readonly value: LeafValue;
  /** Whether it says what it compares with; else `value` is an empty text. */
  readonly hasValue: boolean;
  /** Whether people may see their own value of the fact, whatever the fact's own rule says. */
  readonly open: boolean;
}

/** The members to set by an edit of kind `change`; undefined takes one out. */
export type Members = Readonly<Record<string, JsonValue | undefined>>;

/** A node of kind `leaf` as its fields show it. */
export function leafOf({ own }: ConditionNode): Leaf {
  const json = own as JsonObject;
  const [value = '', operator] = [ownMember(json, 'value'), String(json.operator)];
  const parts = operator.split(':');
  return {
    read: factRead(json),
    decorators: parts.slice(0, -1),
    operator: parts.at(-1)!,
    hasValue: ownMember(json, 'value') !== undefined,
    value: isJsonObject(value) ? { kind: 'fact', read: factRead(value) } : { kind: 'constant', value },
    open: ownMember(json, 'public') === true,
  };
}

function factRead(json: JsonObject): FactRead {
  const [params, path] = [ownMember(json, 'params'), ownMember(json, 'path')];
  return {
    fact: String(ownMember(json, 'fact')),
    params: isJsonObject(params) ? params : {},
    path: typeof path === 'string' ? path : '',
  };
}

/** The change to another fact: what the former one took goes with it, but for params that the new one takes, too. */
export function toFact(read: FactRead, fact: string, params: readonly string[], takesPath: boolean): Members {
  const kept = Object.entries(read.params).filter(([name]) => params.includes(name));
  return readMembers({ fact, params: Object.fromEntries(kept), path: takesPath ? read.path : '' });
}

/** The change of one param; undefined takes it out. */
export function toParam(read: FactRead, name: string, value: JsonValue | undefined): Members {
  return readMembers({ ...read, params: withMember(read.params, name, value) });
}

/** The change to a fact read in this way. */
export function readMembers({ fact, params, path }: FactRead): Members {
  return { fact, params: Object.keys(params).length === 0 ? undefined : params, path: path === '' ? undefined : path };
}

/** The change of the operator. */
export function toOperator(decorators: readonly string[], operator: string): Members {
  return { operator: [...decorators, operator].join(':') };
}

/**
 * The change of the constant that is compared with as another fact, or another operator, needs it: it stays where it fits, by itself or as the
 * one item of a list; where it does not, it is taken out, so that it is yet to be said.
 */
export function toFitting(value: JsonValue, factType: string | undefined, operator: string): Members {
  const fits = (each: JsonValue): boolean => fitsForm(each, factType, operator);
  if (fits(value)) return {};
  const [item] = Array.isArray(value) && value.length === 1 ? (value as readonly JsonValue[]) : [];
  if (item !== undefined && fits(item)) return { value: item };
  return { value: value !== '' && fits([value]) ? [value] : undefined };
}

/** The change of what is compared with; of a fact that was there before, what its fields do not show stays. */
export function toValue(value: LeafValue, before?: JsonValue): Members {
  if (value.kind === 'constant') return { value: value.value };
  const others = before !== undefined && isJsonObject(before) ? Object.entries(before) : [];
  const kept = others.filter(([key]) => !['fact', 'params', 'path'].includes(key));
  const members = Object.entries(readMembers(value.read)).filter(([, member]) => member !== undefined);
  return { value: Object.fromEntries([...members, ...kept]) as JsonObject };
}
