import { kindOf } from '../conditions/condition-tree.js';
import type { ConditionEdit } from '../conditions/edit-conditions.js';

// biome-ignore lint/suspicious/noExplicitAny: a model that changes plain JSON in place, as one would by hand
type Plain = any;
type Step = string | number;

/**
 * The edits of conditions once more, on plain JSON and in place: what `editConditions` is held against. A node is named by
 * the steps that lead to it.
 */
export function editPlain(conditions: unknown, path: readonly Step[], edit: ConditionEdit): unknown {
  const whole = { conditions: clone(conditions) };
  new PlainEdit(whole, ['conditions', ...path]).make(edit);
  return whole.conditions;
}

function clone(json: unknown): Plain {
  return JSON.parse(JSON.stringify(json));
}

class PlainEdit {
  readonly #whole: Plain;
  readonly #path: readonly Step[];
  readonly #row: readonly Step[];

  constructor(whole: Plain, path: readonly Step[]) {
    this.#whole = whole;
    this.#path = path;
    this.#row = rowOf(path);
  }

  make(edit: ConditionEdit): void {
    if (edit.kind === 'insert') this.#insert([edit.json], edit.inside === true);
    else if (edit.kind === 'paste') this.#paste(edit.json);
    else if (edit.kind === 'change') this.#change(edit.members);
    else if (edit.kind === 'group') this.#rename(edit.group);
    else if (edit.kind === 'replace') this.#set(this.#path, edit.json);
    else if (this.#kind(this.#path) === 'everyone') return;
    else if (edit.kind === 'wrap') this.#set(this.#row, { [edit.group]: [this.#get(this.#row)] });
    else if (edit.kind === 'negate') this.#negate(this.#get(this.#path));
    else if (edit.kind === 'remove') this.#remove(this.#row);
    else if (this.#row.length === 1) return;
    else if (edit.kind === 'indent') this.#indent();
    else if (edit.kind === 'outdent') this.#outdent();
    else this.#swap(edit.kind === 'up' ? -1 : 1);
  }

  #paste(json: unknown): void {
    const items = (Array.isArray(json) ? json : [json]).filter((item) => JSON.stringify(item) !== '{}');
    const becomesAll = this.#kind(this.#path) === 'everyone' && items.length === 1 && kindOf(items[0], 1) !== 'leaf';
    if (becomesAll) this.#set(['conditions'], items[0]);
    else this.#insert(items, false);
  }

  #change(members: Readonly<Record<string, unknown>>): void {
    const node = this.#get(this.#path);
    if (typeof node !== 'object' || node === null || Array.isArray(node)) return;
    for (const [key, value] of Object.entries(members)) {
      if (value === undefined) delete node[key];
      else node[key] = clone(value);
    }
  }

  #rename(group: string): void {
    if (!this.#isGroup(this.#path)) return;
    const members = Object.entries(this.#get(this.#path));
    const renamed = members.map(([key, value]) => [key === 'all' || key === 'any' ? group : key, value]);
    this.#set(this.#path, Object.fromEntries(renamed));
  }

  #insert(items: readonly unknown[], inside: boolean): void {
    if (items.length === 0) return;
    const isRoot = this.#row.length === 1;
    const node = this.#get(this.#path);
    if (this.#isGroup(this.#path) && (inside || isRoot)) {
      (node.all ?? node.any).push(...items);
    } else if (isRoot) {
      const there = this.#get(this.#row);
      this.#set(this.#row, { all: this.#kind(this.#row) === 'everyone' ? [...items] : [there, ...items] });
    } else {
      const [list, at] = this.#inList(this.#row);
      list.splice(at + 1, 0, ...items);
    }
  }

  #indent(): void {
    const [list, at] = this.#inList(this.#row);
    const row = list[at];
    let before = [...this.#row.slice(0, -1), at - 1] as Step[];
    if (at > 0) while (this.#kind(before) === 'not') before = [...before, 'not'];
    if (at > 0 && this.#isGroup(before)) {
      const group = this.#get(before);
      (group.all ?? group.any).push(row);
      list.splice(at, 1);
    } else {
      list[at] = { [this.#row.at(-2) === 'all' ? 'any' : 'all']: [row] };
    }
  }

  #outdent(): void {
    const [list, at] = this.#inList(this.#row);
    const outer = rowOf(this.#row.slice(0, -2));
    if (outer.length === 1) return;
    const [target, place] = this.#inList(outer);
    const [row] = list.splice(at, 1);
    target.splice(place + 1, 0, row);
    if (list.length === 0) target.splice(place, 1);
  }

  #swap(by: -1 | 1): void {
    const [list, at] = this.#inList(this.#row);
    if (at + by < 0 || at + by >= list.length) return;
    [list[at], list[at + by]] = [list[at + by], list[at]];
  }

  #negate(node: Plain): void {
    const path = this.#kind(this.#path) === 'not' ? this.#path : this.#path.slice(0, -1);
    if (path.length === 0 || this.#kind(path) !== 'not') {
      this.#set(this.#path, { not: node });
      return;
    }
    const not = this.#get(path);
    const opaque = this.#kind([...path, 'not']) === 'opaque';
    for (const label of opaque ? [] : ['name', 'priority']) {
      if (label in not && !(label in not.not)) not.not[label] = not[label];
    }
    this.#set(path, not.not);
  }

  #remove(row: readonly Step[]): void {
    if (row.length === 1) {
      this.#set(row, {});
      return;
    }
    const [list, at] = this.#inList(row);
    const group = row.slice(0, -2);
    if (list.length === 1 && group.length > 1) this.#remove(rowOf(group));
    else list.splice(at, 1);
  }

  #get(path: readonly Step[]): Plain {
    return path.reduce((at, step) => at[step], this.#whole);
  }

  #set(path: readonly Step[], value: unknown): void {
    this.#get(path.slice(0, -1))[path.at(-1)!] = clone(value);
  }

  #inList(row: readonly Step[]): readonly [Plain[], number] {
    return [this.#get(row.slice(0, -1)), row.at(-1) as number];
  }

  #kind(path: readonly Step[]): string {
    // Of the steps down to a node, those that are no place in a list are as many as the nodes that it stands in.
    return kindOf(this.#get(path), path.slice(1).filter((step) => typeof step === 'string').length);
  }

  #isGroup(path: readonly Step[]): boolean {
    return ['all', 'any'].includes(this.#kind(path));
  }
}

/** The steps to the outermost `not` around a node. */
function rowOf(path: readonly Step[]): readonly Step[] {
  return path.at(-1) === 'not' ? rowOf(path.slice(0, -1)) : path;
}
