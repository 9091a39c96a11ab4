import { type KeyboardEvent, type PointerEvent, type RefObject, useEffect, useRef, useState } from 'react';
import type { GetVocabularyResponse } from '../../../../../src/protocol/gen/admin-json.js';
import type { DraftRule } from '../../../draft/flag/flag-content.js';
import { type DraftAction, type FlagDraft, newRuleKey } from '../../../draft/flag/flag-draft.js';
import { IconButton } from '../../../ui/button.js';
import { GripIcon } from '../../../ui/icons.js';
import { words } from '../../../words/flag-words.js';
import type { DraftRemark } from './draft-remarks.js';
import { RuleCard } from './rule-card.js';

export interface RuleListProps {
  readonly draft: FlagDraft;
  /** The server's sentences of the stored rules, by id. */
  readonly sentences: ReadonlyMap<string, string>;
  readonly vocabulary: GetVocabularyResponse | undefined;
  readonly mayChange: boolean;
  readonly onAction: (action: DraftAction) => void;
  readonly remarks: readonly DraftRemark[];
  /** The keys of the rules that are open. */
  readonly open: ReadonlySet<string>;
  readonly onOpen: (rule: string, open: boolean) => void;
  readonly onAdd: (rule: DraftRule, position: number) => void;
  /** The key of a rule that was just added, which takes the focus. */
  readonly added: RefObject<string | undefined>;
}

/** A rule that follows the pointer. */
interface Drag {
  readonly rule: string;
  /** Where in the list the pointer took it: the page may scroll meanwhile. */
  readonly fromY: number;
  readonly byY: number;
  /** The place that it would have. */
  readonly to: number;
  /** The middles of all cards in the list as they were when it was taken. */
  readonly middles: readonly number[];
}

/** The rules in the order in which they are looked at, to be put into another one by the pointer, by arrows, or by a press. */
export function RuleList(props: RuleListProps) {
  const { draft, sentences, vocabulary, mayChange, remarks, open, onOpen, onAdd, added, onAction } = props;
  const { flag, selected } = draft.now;
  const { rules } = flag;
  const list = useRef<HTMLOListElement>(null);
  const [drag, setDrag] = useState<Drag>();
  const [said, setSaid] = useState('');
  // The browser takes the focus from what moves in the page; it comes back to what was pressed.
  const pressed = useRef<{ readonly rule: string; readonly control: string }>(undefined);
  // biome-ignore lint/correctness/useExhaustiveDependencies: after each change of the order
  useEffect(() => {
    const { rule, control } = pressed.current ?? {};
    pressed.current = undefined;
    if (rule === undefined) return;
    const card = list.current?.querySelector(`[data-rule="${CSS.escape(rule)}"]`);
    const button = card?.querySelector<HTMLButtonElement>(`[data-control="${control}"]:not(:disabled)`);
    (button ?? card?.querySelector<HTMLElement>('[data-control="grip"]'))?.focus();
  }, [rules]);
  // A new rule may be below what is in sight: one goes on where it is to be said whom it lets in.
  // biome-ignore lint/correctness/useExhaustiveDependencies: once the rule is in the list
  useEffect(() => {
    const card = list.current?.querySelector(`[data-rule="${CSS.escape(added.current ?? '')}"]`);
    if (added.current === undefined || card === null || card === undefined) return;
    added.current = undefined;
    card.scrollIntoView({ block: 'nearest' });
    const first = ['.condition[data-kind="leaf"] select', '.rollout input', '.rule-body input'].map((each) =>
      card.querySelector<HTMLElement>(each),
    );
    first.find((field) => field !== null)?.focus({ preventScroll: true });
  }, [rules]);
  const nameOf = (at: number) => rules[at]?.name || words.flag.rule(at + 1);
  const move = (at: number, to: number, control: string) => {
    const rule = rules[at];
    const position = Math.min(Math.max(0, to), rules.length - 1);
    if (rule === undefined || position === at) return;
    pressed.current = { rule: rule.key, control };
    setSaid(words.rule.moved(nameOf(at), position + 1, rules.length));
    onAction({ kind: 'move-rule', rule: rule.key, position });
  };
  const onKeys = (event: KeyboardEvent, at: number) => {
    const to = { ArrowUp: at - 1, ArrowDown: at + 1, Home: 0, End: rules.length - 1 }[event.key];
    if (to === undefined || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    move(at, to, 'grip');
  };
  const inList = (y: number) => y - (list.current?.getBoundingClientRect().top ?? 0);
  const take = (event: PointerEvent<HTMLButtonElement>, rule: string) => {
    if (event.button !== 0) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    const cards = [...(list.current?.children ?? [])].map((card) => card.getBoundingClientRect());
    const middles = cards.map(({ top, height }) => inList(top + height / 2));
    const to = rules.findIndex(({ key }) => key === rule);
    setDrag({ rule, fromY: inList(event.clientY), byY: 0, to, middles });
  };
  const pull = (event: PointerEvent, at: number) => {
    if (drag === undefined) return;
    const y = inList(event.clientY);
    const to = drag.middles.filter((middle, i) => i !== at && middle < y).length;
    setDrag({ ...drag, byY: y - drag.fromY, to });
  };
  const drop = (at: number) => {
    if (drag !== undefined) move(at, drag.to, 'grip');
    setDrag(undefined);
  };
  const grip = (at: number, rule: string) => (
    <IconButton
      className="rule-grip"
      data-control="grip"
      label={words.rule.grip(nameOf(at))}
      icon={<GripIcon aria-hidden />}
      onKeyDown={(event) => onKeys(event, at)}
      onPointerDown={(event) => take(event, rule)}
      onPointerMove={(event) => pull(event, at)}
      onPointerUp={() => drop(at)}
      onPointerCancel={() => setDrag(undefined)}
    />
  );
  const mark = (at: number): 'before' | 'behind' | undefined => {
    const from = rules.findIndex(({ key }) => key === drag?.rule);
    if (drag === undefined || drag.to === from || at !== drag.to) return undefined;
    return drag.to < from ? 'before' : 'behind';
  };
  return (
    <>
      <ol className="rules" ref={list}>
        {rules.map((rule, at) => (
          <RuleCard
            key={rule.key}
            rule={rule}
            at={at}
            of={rules.length}
            flag={flag}
            flagId={draft.base.id}
            stored={draft.base.content.rules.find(({ key }) => key === rule.key)}
            sentence={sentences.get(rule.key)}
            open={open.has(rule.key)}
            selected={selected?.rule === rule.key ? selected.node : undefined}
            vocabulary={vocabulary}
            mayChange={mayChange}
            remarks={remarks.filter((remark) => remark.rule === rule.key)}
            grip={mayChange && rules.length > 1 ? grip(at, rule.key) : undefined}
            dragged={drag?.rule === rule.key ? drag.byY : undefined}
            dropped={mark(at)}
            onMove={(to) => move(at, to, to < at ? 'up' : 'down')}
            onOpen={(on) => onOpen(rule.key, on)}
            onDuplicate={() => {
              const name = rule.name === '' ? '' : words.rule.copyOf(rule.name).slice(0, 255);
              onAdd({ ...rule, name, key: newRuleKey(draft) }, at + 1);
            }}
            onAction={onAction}
          />
        ))}
      </ol>
      <p className="unseen" role="status">
        {said}
      </p>
    </>
  );
}
