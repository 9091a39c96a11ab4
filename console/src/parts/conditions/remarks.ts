import type { CheckConditionsResponse } from '../../../../src/protocol/gen/admin-json.js';
import { placeAt } from '../../draft/conditions/condition-pointers.js';
import type { ConditionTree } from '../../draft/conditions/condition-tree.js';
import { pointerSteps } from '../../draft/values/json.js';
import type { JsonFault } from '../json-editor/json-editor.js';

/** What is said of each node of conditions, by its id. */
export interface NodeRemarks {
  readonly faults: readonly string[];
  readonly warnings: readonly string[];
}

/** Puts what the server says beside the nodes that it says it of. */
export function remarksOf(
  tree: ConditionTree,
  check: CheckConditionsResponse | undefined,
): ReadonlyMap<string, NodeRemarks> {
  const remarks = new Map<string, { faults: string[]; warnings: string[] }>();
  for (const kind of ['faults', 'warnings'] as const) {
    for (const { pointer, message } of check?.[kind] ?? []) {
      const { node } = placeAt(tree, pointer.replace(/^\/conditions/, ''));
      const there = remarks.get(node) ?? { faults: [], warnings: [] };
      there[kind].push(message);
      remarks.set(node, there);
    }
  }
  return remarks;
}

/** What is refused of conditions, by the way into them. */
export function faultsOf(check: Pick<CheckConditionsResponse, 'faults'> | undefined): readonly JsonFault[] {
  const faults = check?.faults ?? [];
  return faults.map(({ pointer, message }) => ({ steps: pointerSteps(pointer).slice(1), message }));
}
