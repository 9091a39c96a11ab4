/**
 * A place in conditions as people count it, from one, by the JSON pointer to it: `condition 2 of rule 1`; `condition 2.1`, the first of
 * the group that is the second. A condition that stands alone is `the condition`.
 */
export function conditionPlace(pointer: string): string {
  const steps = pointer.split('/').slice(1);
  const rule = steps[0] === 'rules' ? ` of rule ${Number(steps[1]) + 1}` : '';
  const numbers = steps.flatMap((step, i) =>
    (step === 'all' || step === 'any') && /^\d+$/.test(steps[i + 1] ?? '') ? [Number(steps[i + 1]) + 1] : [],
  );
  return `${numbers.length === 0 ? 'the condition' : `condition ${numbers.join('.')}`}${rule}`;
}
