import type { FlagContent } from '../../draft/flag/flag-content.js';
import { draftPlace } from '../../draft/flag/save-request.js';
import { pointerSteps } from '../../draft/values/json.js';
import { words } from '../../words/flag-words.js';

/** Where in a draft of a flag a fault stands, as operators know it. */
export interface FlagFaultPlace {
  /** `Rule 1, condition 2`. */
  readonly name: string;
  /** The key of the rule. */
  readonly rule: string | undefined;
  /** The id of the node in its conditions. */
  readonly node: string | undefined;
}

/** The place in a flag that a JSON pointer of the server leads to; undefined for the flag as a whole, and for what nobody edits. */
export function flagFaultPlace(content: FlagContent, pointer: string): FlagFaultPlace | undefined {
  const { field, rule, node, rest } = draftPlace(content, pointer);
  if (rule === undefined) {
    const [index] = pointerSteps(rest);
    const name = FIELDS[field];
    return name === undefined ? undefined : { name: numbered(name, index), rule, node };
  }
  const at = content.rules.findIndex(({ key }) => key === rule);
  const own = content.rules[at]?.name ?? '';
  const title = own === '' ? words.flag.rule(at + 1) : `${words.flag.rule(at + 1)} (${own})`;
  const [part = '', index] = pointerSteps(rest);
  const within = node === undefined ? numbered(FIELDS[part] ?? '', index) : conditionWords(pointer);
  return { name: within === '' ? title : words.flag.place.within(title, within), rule, node };
}

/** `condition 2`; `condition 2.1` is the first of the group that is the second. */
export function conditionWords(pointer: string): string {
  const steps = pointerSteps(pointer);
  const numbers = steps.flatMap((step, i) =>
    /^(?:all|any)$/.test(step) && /^\d+$/.test(steps[i + 1] ?? '') ? [Number(steps[i + 1]) + 1] : [],
  );
  return words.flag.place.condition(numbers.join('.'));
}

/** The fields of a flag and of a rule, and what is sent along with them. */
const FIELDS: Readonly<Record<string, string>> = {
  ...words.flag.fields,
  access: words.flag.lines.rows,
  remove_access: words.flag.lines.rows,
  comment: words.flag.place.why,
};

function numbered(name: string, index: string | undefined): string {
  return name !== '' && index !== undefined && /^\d+$/.test(index) ? `${name} ${Number(index) + 1}` : name;
}
