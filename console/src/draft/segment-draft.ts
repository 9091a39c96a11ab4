import type { Segment, SegmentInput } from '../../../src/protocol/gen/admin-json.js';
import { type ConditionTree, jsonOfTree, treeOf } from './conditions/condition-tree.js';
import { type ConditionEdit, editConditions } from './conditions/edit-conditions.js';
import { isJsonObject, type JsonObject, type JsonValue, parsedJson, sameJson } from './values/json.js';
import { type Conflict, mergeValue, type Side } from './values/merge-lists.js';
import { firstStep, redoStep, type Steps, stepTo, type Typing, undoStep } from './values/steps.js';

/** All of a segment that an operator writes. */
export interface SegmentContent {
  readonly name: string;
  readonly conditions: ConditionTree;
}

/** A segment as the server gave it, on which a draft is made. */
export interface SegmentBase {
  readonly key: string;
  /** '' where there is no such segment yet. */
  readonly id: string;
  /** 0 where there is no such segment yet. */
  readonly version: number;
  readonly content: SegmentContent;
}

/** What undo and redo go between. */
export interface SegmentNow extends SegmentContent {
  /** The node that the operator is at. */
  readonly selected: string | undefined;
}

/** A segment as it is edited. */
export interface SegmentDraft extends Steps<SegmentNow> {
  readonly base: SegmentBase;
}

/** What can be done to a draft of a segment. */
export type SegmentAction =
  | { readonly kind: 'name'; readonly name: string; readonly typing?: Typing }
  | { readonly kind: 'edit'; readonly edit: ConditionEdit; readonly typing?: Typing }
  /** Moves the operator, which is no change, and not undone. */
  | { readonly kind: 'select'; readonly node: string }
  /** Takes over a whole content, such as that of an older version. */
  | { readonly kind: 'take'; readonly name: string; readonly conditions: JsonValue }
  | { readonly kind: 'undo' | 'redo' | 'discard' };

export type SegmentField = keyof SegmentContent;

/** One unsaved change, with conditions as JSON. */
export interface SegmentChange {
  readonly field: SegmentField;
  readonly before: unknown;
  readonly after: unknown;
}

/** A segment with nothing said of it: everyone is in it. */
export const NO_SEGMENT: SegmentBase = { key: '', id: '', version: 0, content: { name: '', conditions: treeOf({}) } };

/** A segment as it is edited. `before` gives the nodes that are still there their ids. */
export function segmentContent({ name, conditions = {} }: Segment, before?: SegmentContent): SegmentContent {
  return { name, conditions: treeOf(conditions as JsonObject, before?.conditions) };
}

/** A draft on what there is, with nothing changed yet, or with what `content` says. */
export function segmentDraftOn(base: SegmentBase, content: SegmentContent = base.content): SegmentDraft {
  return { base, ...firstStep({ ...content, selected: undefined }) };
}

/** A draft of a segment as the server gave it. */
export function segmentDraftOf(segment: Segment): SegmentDraft {
  return segmentDraftOn(baseOf(segment, segmentContent(segment)));
}

function baseOf({ key, id, version }: Segment, content: SegmentContent): SegmentBase {
  return { key, id, version, content };
}

/** The changes that saving the draft would make. */
export function segmentChanges({ base, now }: Pick<SegmentDraft, 'base' | 'now'>): readonly SegmentChange[] {
  const [before, after] = [asJson(base.content), asJson(now)];
  return (['name', 'conditions'] as const)
    .filter((field) => !sameJson(before[field], after[field]))
    .map((field) => ({ field, before: before[field], after: after[field] }));
}

/** The draft after an action. Total: one that names what is not there changes nothing. */
export function reduceSegment(draft: SegmentDraft, action: SegmentAction): SegmentDraft {
  const { now, base } = draft;
  switch (action.kind) {
    case 'undo':
      return { ...draft, ...undoStep(draft) };
    case 'redo':
      return { ...draft, ...redoStep(draft) };
    case 'select':
      return { ...draft, now: { ...now, selected: action.node } };
    case 'discard':
      return step(draft, { ...base.content, selected: undefined });
    case 'take':
      return step(draft, {
        name: action.name,
        conditions: treeOf(action.conditions, now.conditions),
        selected: undefined,
      });
    case 'name':
      return step(draft, { ...now, name: action.name }, typingOf('name', action.typing));
    case 'edit': {
      const { edit, typing } = action;
      const { tree, selected } = editConditions(now.conditions, edit);
      const of = edit.kind === 'change' ? Object.keys(edit.members) : edit.kind;
      return step(draft, { ...now, conditions: tree, selected }, typingOf([edit.at, of], typing));
    }
  }
}

function typingOf(target: unknown, typing: Typing | undefined): SegmentDraft['typing'] {
  return typing && { target: JSON.stringify(target), atMs: typing.atMs };
}

/** Goes to another content. What changes nothing leaves no step behind. */
function step(draft: SegmentDraft, next: SegmentNow, typing?: SegmentDraft['typing']): SegmentDraft {
  if (sameJson(asJson(draft.now), asJson(next))) return { ...draft, now: next };
  return { ...draft, ...stepTo(draft, next, typing) };
}

/** What somebody else has saved, and the draft, in one; with what both have changed, each in their way. */
export function mergeSegment(
  draft: Pick<SegmentDraft, 'base' | 'now'>,
  theirs: SegmentContent,
  choices: ReadonlyMap<string, Side>,
): { readonly content: SegmentContent; readonly conflicts: readonly Conflict[] } {
  const { base, now } = draft;
  const merging = { choices, conflicts: [] as Conflict[] };
  const name = mergeValue({ base: base.content.name, theirs: theirs.name, yours: now.name }, '/name', merging);
  const conditions = mergeValue(
    { base: base.content.conditions, theirs: theirs.conditions, yours: now.conditions },
    '/conditions',
    merging,
    jsonOfTree,
  );
  return { content: { name, conditions }, conflicts: merging.conflicts };
}

/** Takes over what was saved meanwhile: the draft goes on from there. */
export function rebaseSegment(
  draft: SegmentDraft,
  segment: Segment,
  choices: ReadonlyMap<string, Side> = new Map(),
): SegmentDraft {
  const theirs = segmentContent(segment, draft.now);
  const { content } = mergeSegment(draft, theirs, choices);
  const { selected } = draft.now;
  return { base: baseOf(segment, theirs), ...firstStep({ ...content, selected }) };
}

/** The draft after what it was at some moment has been saved: what was edited since stays. */
export function savedSegment(draft: SegmentDraft, sent: SegmentContent, saved: Segment): SegmentDraft {
  return rebaseSegment({ ...draft, base: { ...draft.base, content: sent } }, saved);
}

/** The draft where the segment has been read as it is by now: where all that it changes is there, whoever saved it, it is the segment. */
export function segmentDraftAfterRead(draft: SegmentDraft, segment: Segment): SegmentDraft {
  const { id, version } = draft.base;
  if (id === segment.id && version === segment.version) return draft;
  const isThere = [draft, rebaseSegment(draft, segment)].some((each) => segmentChanges(each).length === 0);
  return isThere ? segmentDraftOf(segment) : draft;
}

/** The fields that the draft changes, as SetSegment takes them; of a new segment all. */
export function segmentInput({ base, now }: Pick<SegmentDraft, 'base' | 'now'>): SegmentInput {
  const fields = segmentChanges({ base, now }).map(({ field, after }) => [field, after]);
  return base.version === 0 ? asJson(now) : (Object.fromEntries(fields) as SegmentInput);
}

function asJson({ name, conditions }: SegmentContent) {
  // What is no object is refused by the server in its own words.
  return { name, conditions: jsonOfTree(conditions) as JsonObject };
}

/** The form in which drafts are kept; another one is not read. */
const VERSION = 1;

/** A draft as text, for `sessionStorage`: what there was and what would be, without the way there. */
export function keepSegment({ base, now }: SegmentDraft): string {
  const { content, ...rest } = base;
  return JSON.stringify({ version: VERSION, base: { ...rest, content: asJson(content) }, now: asJson(now) });
}

/** A draft as it was kept; undefined for what {@link keepSegment} of this version has not written. */
export function keptSegment(text: string): SegmentDraft | undefined {
  const json = parsedJson(text);
  if (!isJsonObject(json) || json.version !== VERSION || !isJsonObject(json.base)) return undefined;
  const { key, id, version, content } = json.base;
  const [before, now] = [readContent(content), readContent(json.now)];
  if (typeof key !== 'string' || typeof id !== 'string' || typeof version !== 'number') return undefined;
  if (before === undefined || now === undefined) return undefined;
  return segmentDraftOn({ key, id, version, content: before }, now);
}

function readContent(json: JsonValue | undefined): SegmentContent | undefined {
  if (!isJsonObject(json) || typeof json.name !== 'string' || json.conditions === undefined) return undefined;
  return { name: json.name, conditions: treeOf(json.conditions) };
}
