import { jsonLanguage } from '@codemirror/lang-json';
import type { SyntaxNode } from '@lezer/common';

/** A stretch of a text, in UTF-16 units; `to` is behind it. */
export interface TextRange {
  readonly from: number;
  readonly to: number;
}

/**
 * Where in a JSON text a JSON pointer leads: its last step's name, or the value where that is an item of a list, or the whole.
 * One that leads nowhere ends where it leaves the text. Of names that stand twice the last one counts, as when JSON is parsed.
 */
export function rangeAt(text: string, steps: readonly string[]): TextRange {
  const tree = jsonLanguage.parser.parse(text);
  let node = valueIn(tree.topNode);
  let range: TextRange = node === undefined ? { from: 0, to: text.length } : startOf(node);
  for (const step of steps) {
    const next = node === undefined ? undefined : stepInto(node, step, text);
    if (next === undefined) break;
    ({ node, range } = next);
  }
  return range;
}

interface Place {
  readonly node: SyntaxNode | undefined;
  readonly range: TextRange;
}

function stepInto(node: SyntaxNode, step: string, text: string): Place | undefined {
  if (node.name === 'Array') {
    const item = /^(?:0|[1-9]\d*)$/.test(step) ? valuesIn(node)[Number(step)] : undefined;
    return item === undefined ? undefined : { node: item, range: startOf(item) };
  }
  if (node.name !== 'Object') return undefined;
  for (const property of node.getChildren('Property').toReversed()) {
    const name = property.getChild('PropertyName');
    if (name === null || nameOf(text.slice(name.from, name.to)) !== step) continue;
    return { node: valueIn(property), range: { from: name.from, to: name.to } };
  }
  return undefined;
}

/** What stands for a value: of an object or a list its first bracket, so that not all of it is marked. */
function startOf({ name, from, to }: SyntaxNode): TextRange {
  return name === 'Object' || name === 'Array' ? { from, to: from + 1 } : { from, to };
}

const VALUES = ['Object', 'Array', 'String', 'Number', 'True', 'False', 'Null'];

function valuesIn(node: SyntaxNode): readonly SyntaxNode[] {
  const found: SyntaxNode[] = [];
  for (let child = node.firstChild; child !== null; child = child.nextSibling)
    if (VALUES.includes(child.name)) found.push(child);
  return found;
}

function valueIn(node: SyntaxNode): SyntaxNode | undefined {
  return valuesIn(node).at(-1);
}

function nameOf(quoted: string): string | undefined {
  try {
    return JSON.parse(quoted) as string;
  } catch {
    return undefined;
  }
}
