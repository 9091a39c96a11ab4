import type { AccessRow, FeatureFlag } from '../../../../src/protocol/gen/admin-json.js';
import { type ConditionEdit, editConditions } from '../conditions/edit-conditions.js';
import { sameJson } from '../values/json.js';
import { firstStep, redoStep, type Steps, stepTo, type Typing, undoStep } from '../values/steps.js';
import { type Change, changesOf, type PendingRow } from './changes.js';
import { editVariants, type VariantEdit } from './edit-variants.js';
import { contentOf, type DraftRule, type FlagContent, NEW_FLAG, type SimpleField } from './flag-content.js';
import { mergeFlags, type Side } from './merge-flags.js';
import { type ChangedRows, mergeRows, rowKey } from './merge-rows.js';

/** A flag as the server gave it, on which a draft is made. */
export interface DraftBase {
  readonly key: string;
  /** '' where there is no such flag yet. */
  readonly id: string;
  /** 0 where there is no such flag yet. */
  readonly version: number;
  readonly content: FlagContent;
}

/** What undo and redo go between. */
export interface DraftContent {
  readonly flag: FlagContent;
  readonly rows: readonly PendingRow[];
  /** The node that the operator is at, and its rule. */
  readonly selected: { readonly rule: string; readonly node: string } | undefined;
  /** Why it is so, as long as nobody says otherwise: of what came from elsewhere, and of what is edited in it. */
  readonly why?: string | undefined;
}

/** A flag as it is edited: what there is, what it would be, and the way there. */
export interface FlagDraft extends Steps<DraftContent> {
  readonly base: DraftBase;
}

/** The fields of a rule that are set as they are. */
export type PlainRule = Partial<Omit<DraftRule, 'key' | 'conditions'>>;

/** What can be done to a draft. */
export type DraftAction =
  | { readonly kind: 'set'; readonly fields: Partial<Pick<FlagContent, SimpleField>>; readonly typing?: Typing }
  /** Puts another content in place of all, such as that of an older version. Rows stay as they are. */
  | { readonly kind: 'replace'; readonly flag: FlagContent; readonly why: string }
  | { readonly kind: 'add-rule'; readonly rule: DraftRule; readonly position?: number }
  | { readonly kind: 'remove-rule'; readonly rule: string }
  /** To the place that it then has among the rules. */
  | { readonly kind: 'move-rule'; readonly rule: string; readonly position: number }
  | { readonly kind: 'set-rule'; readonly rule: string; readonly fields: PlainRule; readonly typing?: Typing }
  | { readonly kind: 'edit-conditions'; readonly rule: string; readonly edit: ConditionEdit; readonly typing?: Typing }
  | { readonly kind: 'edit-variants'; readonly edit: VariantEdit; readonly typing?: Typing }
  /** Moves the operator, which is no change, and not undone. */
  | { readonly kind: 'select'; readonly rule: string; readonly node: string }
  /** Puts rows, or drops them, when the draft is saved; the last word on a row counts. */
  | {
      readonly kind: 'put-rows' | 'drop-rows';
      readonly rows: readonly AccessRow[];
      /** Rows as they are stored, as far as they are known. */
      readonly stored?: readonly AccessRow[];
    }
  /** Leaves rows as they are after all. */
  | { readonly kind: 'forget-rows'; readonly rows: readonly AccessRow[] }
  | { readonly kind: 'undo' | 'redo' | 'discard' };

/** A draft of a flag as the server gave it, with nothing changed yet. */
export function draftOf(flag: FeatureFlag): FlagDraft {
  const content = contentOf(flag);
  return draftOn({ key: flag.key, id: flag.id, version: flag.version, content });
}

/** A draft of a flag that is yet to be made. */
export function draftOfNew(key: string, name: string): FlagDraft {
  const draft = draftOn({ key, id: '', version: 0, content: NEW_FLAG });
  return { ...draft, now: { ...draft.now, flag: { ...NEW_FLAG, name } } };
}

/** A draft on what there is, with nothing changed yet, or with what `now` says. */
export function draftOn(base: DraftBase, now?: DraftContent): FlagDraft {
  const present = now ?? { flag: base.content, rows: [], selected: undefined };
  return { base, ...firstStep(present) };
}

/** The changes that saving the draft would make. */
export function unsavedChanges({ base, now }: FlagDraft): readonly Change[] {
  return changesOf(base.content, now.flag, now.rows);
}

/** The draft after an action. Total: one that names what is not there changes nothing. */
export function reduceDraft(draft: FlagDraft, action: DraftAction): FlagDraft {
  switch (action.kind) {
    case 'undo':
      return { ...draft, ...undoStep(draft) };
    case 'redo':
      return { ...draft, ...redoStep(draft) };
    case 'discard':
      return step(draft, { flag: draft.base.content, rows: [], selected: undefined });
    case 'select':
      return { ...draft, now: { ...draft.now, selected: { rule: action.rule, node: action.node } } };
    default:
      return step(draft, edited(draft.now, action), typingOf(action));
  }
}

/** Takes over what was saved meanwhile: the draft goes on from there. Conflicts are settled as `choices` say, or else as the draft has it. */
export function rebaseDraft(
  draft: FlagDraft,
  theirs: DraftBase,
  choices: ReadonlyMap<string, Side>,
  changedRows?: ChangedRows,
): FlagDraft {
  const { content } = mergeFlags(draft.base.content, theirs.content, draft.now.flag, choices);
  const { rows } = mergeRows(draft.now.rows, changedRows, choices);
  return draftOn(theirs, { ...draft.now, flag: content, rows });
}

/** The draft after what it was at some moment has been saved, and the server has given its new rules ids: what was edited since stays. */
export function savedDraft(draft: FlagDraft, sent: DraftContent, saved: FeatureFlag): FlagDraft {
  const named = new Map(sent.flag.rules.map(({ key }, i) => [key, saved.rules[i]?.id ?? key]));
  const renamed = (content: FlagContent): FlagContent => ({
    ...content,
    rules: content.rules.map((rule) => ({ ...rule, key: named.get(rule.key) ?? rule.key })),
  });
  const now = renamed(draft.now.flag);
  const theirs = contentOf(saved, now);
  const { content } = mergeFlags(renamed(sent.flag), theirs, now, new Map());
  // What was drafted of a row since then is on the row as it was sent.
  const stored = new Map(sent.rows.map(({ kind, row }) => [rowKey(row), kind === 'put' ? row : undefined]));
  const rows = draft.now.rows
    .filter((row) => !sent.rows.some((each) => sameJson(each, row)))
    .map(({ was, ...row }): PendingRow => {
      const now = stored.has(rowKey(row.row)) ? stored.get(rowKey(row.row)) : was;
      return { ...row, ...(now === undefined ? {} : { was: now }) };
    });
  const { selected } = draft.now;
  const still = selected && { ...selected, rule: named.get(selected.rule) ?? selected.rule };
  const base = { key: saved.key, id: saved.id, version: saved.version, content: theirs };
  return draftOn(base, { flag: content, rows, selected: still });
}

/**
 * The draft where the flag has been read as it is by now: where all that it changes is there, whoever saved it, it is the flag; a save whose
 * answer was lost, or came when its page had been left, is told of so. What changes rows has seen nothing of them, and stays.
 */
export function draftAfterRead(draft: FlagDraft, flag: FeatureFlag): FlagDraft {
  const { id, version } = draft.base;
  if (id === flag.id && version === flag.version) return draft;
  const read = draftOf(flag);
  const rebased = rebaseDraft(draft, { ...read.base, content: contentOf(flag, draft.now.flag) }, new Map());
  return unsavedChanges(draft).length === 0 || unsavedChanges(rebased).length === 0 ? read : draft;
}

/** A key for a rule that a draft adds. */
export function newRuleKey({ now, past, undone }: FlagDraft): string {
  const contents = [now, ...past, ...undone];
  const taken = contents.flatMap(({ flag }) => flag.rules.map(({ key }) => Number(/^new:(\d+)$/.exec(key)?.[1] ?? 0)));
  return `new:${Math.max(0, ...taken) + 1}`;
}

type Edit = Exclude<DraftAction, { readonly kind: 'undo' | 'redo' | 'discard' | 'select' }>;

function edited(now: DraftContent, action: Edit): DraftContent {
  switch (action.kind) {
    case 'set':
      return { ...now, flag: { ...now.flag, ...action.fields } };
    case 'replace':
      return { ...now, flag: action.flag, selected: undefined, why: action.why };
    case 'edit-variants':
      return { ...now, flag: editVariants(now.flag, action.edit) };
    case 'put-rows':
      return withRows(now, action, 'put');
    case 'drop-rows':
      return withRows(now, action, 'drop');
    case 'forget-rows':
      return withRows(now, action, undefined);
    case 'add-rule':
      return addRule(now, action.rule, action.position);
    default:
      return editRule(now, action);
  }
}

function withRows(
  now: DraftContent,
  { rows, stored = [] }: { readonly rows: readonly AccessRow[]; readonly stored?: readonly AccessRow[] },
  kind: PendingRow['kind'] | undefined,
): DraftContent {
  const pending = new Map(now.rows.map((each) => [rowKey(each.row), each]));
  const there = new Map(stored.map((row) => [rowKey(row), row]));
  for (const row of rows) {
    const key = rowKey(row);
    // What is drafted again is drafted on what it was drafted on at first: what changed since then has not been seen to change.
    const before = pending.get(key);
    const was = before === undefined ? there.get(key) : before.was;
    pending.delete(key);
    if (kind !== undefined) pending.set(key, { kind, row, ...(was === undefined ? {} : { was }) });
  }
  return { ...now, rows: [...pending.values()] };
}

function addRule(now: DraftContent, rule: DraftRule, position = now.flag.rules.length): DraftContent {
  const { rules } = now.flag;
  if (rules.some(({ key }) => key === rule.key)) return now;
  const selected = { rule: rule.key, node: rule.conditions.root.id };
  return { ...now, flag: { ...now.flag, rules: rules.toSpliced(Math.max(0, position), 0, rule) }, selected };
}

function editRule(now: DraftContent, action: Extract<Edit, { readonly rule: string }>): DraftContent {
  const { rules } = now.flag;
  const at = rules.findIndex(({ key }) => key === action.rule);
  const rule = rules[at];
  if (rule === undefined) return now;
  const put = (next: readonly DraftRule[]): DraftContent => ({ ...now, flag: { ...now.flag, rules: next } });
  switch (action.kind) {
    case 'remove-rule':
      return { ...put(rules.toSpliced(at, 1)), selected: undefined };
    case 'move-rule':
      return put(rules.toSpliced(at, 1).toSpliced(Math.max(0, action.position), 0, rule));
    case 'set-rule':
      return put(rules.with(at, { ...rule, ...action.fields }));
    case 'edit-conditions': {
      const { tree, selected } = editConditions(rule.conditions, action.edit);
      const same = tree === rule.conditions;
      const next = same ? now : put(rules.with(at, { ...rule, conditions: tree }));
      return { ...next, selected: { rule: rule.key, node: selected } };
    }
  }
}

/** What an action is typing of: the same field of the same thing. */
function typingOf(action: Edit): FlagDraft['typing'] {
  if (!('typing' in action) || action.typing === undefined) return undefined;
  const { atMs } = action.typing;
  if (action.kind === 'set') return { target: JSON.stringify(Object.keys(action.fields)), atMs };
  if (action.kind === 'set-rule') return { target: JSON.stringify([action.rule, Object.keys(action.fields)]), atMs };
  if (action.kind === 'edit-variants') {
    const { edit } = action;
    // A key that is typed is another one with each letter.
    return { target: JSON.stringify([edit.kind, edit.kind === 'value' ? edit.key : '']), atMs };
  }
  const { at } = action.edit;
  const of = action.edit.kind === 'change' ? Object.keys(action.edit.members) : action.edit.kind;
  return { target: JSON.stringify([action.rule, at, of]), atMs };
}

/** Goes to another content. What changes nothing leaves no step behind. */
function step(draft: FlagDraft, next: DraftContent, typing?: FlagDraft['typing']): FlagDraft {
  const { now } = draft;
  if (changesOf(now.flag, next.flag).length === 0 && sameJson(now.rows, next.rows))
    return { ...draft, now: { ...next, why: now.why } };
  return { ...draft, ...stepTo(draft, next, typing) };
}

/** Sets fields of a rule; what is typed is taken back word by word. */
export type SetRule = (fields: PlainRule, typing?: boolean) => void;
