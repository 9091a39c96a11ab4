import type { Variant } from '../../../../../src/protocol/gen/admin-json.js';
import type { Change } from '../../../draft/flag/changes.js';
import { type Distribution, percentShares } from '../../../draft/values/distribution.js';
import { percentage } from '../../../draft/values/percentage.js';
import { valueInBrief } from '../../../draft/values/value-text.js';
import { rowText } from '../../../parts/ladder/row-text.js';
import { localTime } from '../../../parts/time/instant.js';
import { words } from '../../../words/flag-words.js';

/** A change in words; conditions are told by their sentences elsewhere. */
export function changeInWords(change: Change, nameOf: (ruleKey: string) => string): string {
  const { diff, fields } = words.flag;
  switch (change.kind) {
    case 'field':
      return diff.field(
        fields[change.field],
        valueInWords(change.field, change.before),
        valueInWords(change.field, change.after),
      );
    case 'rule-added':
      return diff.added(nameOf(change.rule.key));
    case 'rule-removed':
      return diff.removed(change.rule.name || change.rule.key);
    case 'rule-field': {
      const values = [change.before, change.after].map((value) => valueInWords(change.field, value));
      return diff.rule(nameOf(change.rule.key), fields[change.field], values[0]!, values[1]!);
    }
    case 'rule-order':
      return `${diff.order}: ${change.after.map(nameOf).join(', ')}`;
    case 'row':
      return rowText(change.pending.row);
  }
}

/** `on 30 %, off 70 %`; of one variant its key alone. */
function sharesInWords(distribution: Distribution): string {
  const shares = percentShares(distribution).filter(({ weight }) => weight > 0);
  if (shares.length === 1) return shares[0]!.variant;
  return shares.map(({ variant, weight }) => `${variant} ${percentage(weight)} %`).join(', ');
}

/** The value of a field in words. */
export function valueInWords(field: string, value: unknown): string {
  const { diff } = words.flag;
  if (value === null || value === undefined || value === '') return diff.nothing;
  if (typeof value === 'boolean') return value ? diff.yes : diff.no;
  if (field === 'rollout') return `${percentage(Number(value))} %`;
  if (field === 'starts_at' || field === 'ends_at') return localTime(new Date(String(value)));
  if (Array.isArray(value) && value.length === 0) return diff.nothing;
  if (field === 'tags') return (value as readonly string[]).join(', ');
  if (field === 'prerequisites') {
    return (value as readonly { flag_key: string; variant: string }[])
      .map(({ flag_key, variant }) => words.flag.requires(flag_key, variant))
      .join(', ');
  }
  if (field === 'distribution') return sharesInWords(value as Distribution);
  if (field === 'variants') {
    return (value as readonly Variant[]).map(({ key, value: served }) => `${key}: ${valueInBrief(served)}`).join(', ');
  }
  return typeof value === 'string' ? `“${value}”` : JSON.stringify(value);
}
