import type { Variant, WeightedVariant } from '../../../../src/protocol/gen/admin-json.js';
import { withoutVariant } from '../values/distribution.js';
import type { JsonValue } from '../values/json.js';
import type { DraftRule, FlagContent } from './flag-content.js';

export type FlagType = FlagContent['type'];

/** What can be done to what a flag serves. Variants are named by their keys. */
export type VariantEdit =
  | { readonly kind: 'add'; readonly key: string }
  /** Everything that names it goes on naming it. A key that another one has changes nothing. */
  | { readonly kind: 'rename'; readonly key: string; readonly to: string }
  | { readonly kind: 'value'; readonly key: string; readonly value: JsonValue }
  /** Takes it out of all distributions, too; the last one, and the one that is served off, stay. */
  | { readonly kind: 'remove'; readonly key: string }
  /** Changes all values to what comes nearest to them. */
  | { readonly kind: 'type'; readonly type: FlagType };

/** The flag after an edit of its variants, with all that names them. Total: an edit that cannot be made changes nothing. */
export function editVariants(flag: FlagContent, edit: VariantEdit): FlagContent {
  const { variants } = flag;
  if (edit.kind === 'type') {
    const changed = variants.map(({ key, value }) => ({ key, value: valueAs(edit.type, value as JsonValue) }));
    return edit.type === flag.type ? flag : { ...flag, type: edit.type, variants: changed };
  }
  const at = variants.findIndex(({ key }) => key === edit.key);
  if (edit.kind === 'add') {
    const last = variants.at(-1)?.value as JsonValue | undefined;
    const value = flag.type === 'BOOLEAN' ? last !== true : valueAs(flag.type, last ?? null);
    return at === -1 ? { ...flag, variants: [...variants, { key: edit.key, value }] } : flag;
  }
  const variant = variants[at];
  if (variant === undefined) return flag;
  switch (edit.kind) {
    case 'value':
      return { ...flag, variants: variants.with(at, { ...variant, value: edit.value }) };
    case 'rename':
      return variants.some(({ key }) => key === edit.to) ? flag : renamed(flag, variant, edit.to);
    case 'remove':
      return edit.key === flag.off_variant ? flag : removed(flag, edit.key);
  }
}

function renamed(flag: FlagContent, variant: Variant, to: string): FlagContent {
  const from = variant.key;
  const shares = (distribution: readonly WeightedVariant[]): readonly WeightedVariant[] =>
    distribution.map((share) => (share.variant === from ? { ...share, variant: to } : share));
  // Without a distribution it is the variant `on` that is served, whatever it is called by then.
  const unsaid = flag.distribution.length === 0 && from === 'on';
  return {
    ...withShares(flag, shares),
    variants: flag.variants.map((each) => (each === variant ? { ...each, key: to } : each)),
    off_variant: flag.off_variant === from ? to : flag.off_variant,
    ...(unsaid ? { distribution: [{ variant: to, weight: 100_000 }] } : {}),
  };
}

function removed(flag: FlagContent, key: string): FlagContent {
  const shares = (distribution: readonly WeightedVariant[]): readonly WeightedVariant[] =>
    withoutVariant(distribution, key);
  const left = withShares(flag, shares);
  return { ...left, variants: flag.variants.filter((each) => each.key !== key) };
}

/** A flag with its own distribution changed, and those of its rules. */
function withShares(
  flag: FlagContent,
  change: (distribution: readonly WeightedVariant[]) => readonly WeightedVariant[],
): FlagContent {
  const ofRule = (rule: DraftRule): DraftRule =>
    rule.distribution.length === 0 ? rule : { ...rule, distribution: change(rule.distribution) };
  const rules = flag.rules.some(({ distribution }) => distribution.length > 0) ? flag.rules.map(ofRule) : flag.rules;
  return { ...flag, rules, distribution: change(flag.distribution) };
}

/** A key that no variant has yet: `variant-3` for the third. */
export function freeVariantKey({ variants }: Pick<FlagContent, 'variants'>): string {
  const taken = new Set(variants.map(({ key }) => key));
  let n = variants.length + 1;
  while (taken.has(`variant-${n}`)) n += 1;
  return `variant-${n}`;
}

/** A value as what comes nearest to it of another type. */
export function valueAs(type: FlagType, value: JsonValue): JsonValue {
  switch (type) {
    case 'BOOLEAN':
      return typeof value === 'string' ? value === 'true' : Boolean(value);
    case 'STRING':
      return typeof value === 'string' ? value : value === null ? '' : JSON.stringify(value);
    case 'NUMBER':
      if (typeof value === 'number') return value;
      return (typeof value === 'string' ? readNumber(value) : Number(value === true)) ?? 0;
    case 'JSON':
      return value;
  }
}

/** A number as JSON writes it, with spaces around; undefined for what is none, or is not finite. */
export function readNumber(text: string): number | undefined {
  if (!/^\s*-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?\s*$/.test(text)) return undefined;
  const number = Number(text);
  return Number.isFinite(number) ? number : undefined;
}
