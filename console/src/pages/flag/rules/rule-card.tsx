import { type ReactNode, useId, useMemo } from 'react';
import type { GetVocabularyResponse } from '../../../../../src/protocol/gen/admin-json.js';
import { sameRule } from '../../../draft/flag/changes.js';
import type { DraftRule, FlagContent } from '../../../draft/flag/flag-content.js';
import type { DraftAction, SetRule } from '../../../draft/flag/flag-draft.js';
import { ConditionEditor } from '../../../parts/conditions/condition-editor.js';
import { faultsOf, remarksOf } from '../../../parts/conditions/remarks.js';
import { Button, IconButton } from '../../../ui/button.js';
import { TextField } from '../../../ui/field.js';
import { CopyIcon, DownIcon, EarnedIcon, RemoveIcon, TargetedIcon, UpIcon } from '../../../ui/icons.js';
import { words } from '../../../words/flag-words.js';
import { DistributionFields } from '../serving/distribution-fields.js';
import { servedBy } from '../serving/serving-fields.js';
import type { DraftRemark } from './draft-remarks.js';
import { EarningFields } from './earning-fields.js';
import { Remarks } from './remarks.js';
import { RolloutField } from './rollout-field.js';
import { useRuleCheck } from './rule-check.js';

export interface RuleCardProps {
  readonly rule: DraftRule;
  /** 0 for the first. */
  readonly at: number;
  readonly of: number;
  readonly flag: FlagContent;
  readonly flagId: string;
  /** As it is stored; undefined for a new rule. */
  readonly stored: DraftRule | undefined;
  /** The server's sentence of the stored rule. */
  readonly sentence: string | undefined;
  readonly open: boolean;
  readonly selected: string | undefined;
  readonly vocabulary: GetVocabularyResponse | undefined;
  readonly mayChange: boolean;
  /** What the server says of it besides its conditions. */
  readonly remarks: readonly DraftRemark[];
  /** What it is taken by, to be moved; undefined where there is nowhere to move it to. */
  readonly grip: ReactNode;
  /** By how many pixels it is away from its place while it is moved. */
  readonly dragged: number | undefined;
  /** On which side of it the one that is moved would stand. */
  readonly dropped: 'before' | 'behind' | undefined;
  readonly onMove: (to: number) => void;
  readonly onDuplicate: () => void;
  readonly onOpen: (open: boolean) => void;
  readonly onAction: (action: DraftAction) => void;
}

/** A rule: whom it lets in, in the server's words, and everything of it where it is open. */
export function RuleCard(props: RuleCardProps) {
  const { rule, at, of, stored, open, mayChange, onOpen, onAction } = props;
  // What was merged or read again is another object that says the same.
  const unchanged = stored !== undefined && sameRule(stored, rule);
  const asStored = unchanged ? props.sentence : undefined;
  const { check, error, missing } = useRuleCheck(rule, props.flagId, open || asStored === undefined);
  const unsaid =
    missing === undefined ? (asStored ?? error?.message ?? words.flag.saying) : words.flag.missing[missing];
  const sentence = check === undefined ? unsaid : check.rule_sentence?.text;
  // The editor marks them anew only when they are others.
  const faults = useMemo(() => faultsOf(check), [check]);
  const nodeRemarks = remarksOf(rule.conditions, check);
  const faulty = (check?.faults.length ?? 0) > 0;
  const Icon = rule.policy === 'LATCHING' ? EarnedIcon : TargetedIcon;
  const id = useId();
  const name = rule.name === '' ? words.flag.rule(at + 1) : rule.name;
  const set: SetRule = (fields, typing = false) =>
    onAction({
      kind: 'set-rule',
      rule: rule.key,
      fields,
      ...(typing ? { typing: { atMs: performance.now() } } : {}),
    });
  const mark = stored === undefined ? words.flag.newRule : unchanged ? '' : words.flag.changedRule;
  return (
    <li
      className="rule-card"
      data-rule={rule.key}
      data-policy={rule.policy}
      data-open={open ? '' : undefined}
      data-drop={props.dropped}
      data-dragged={props.dragged === undefined ? undefined : ''}
      style={props.dragged === undefined ? undefined : { translate: `0 ${props.dragged}px` }}
    >
      <header className="rule-head">
        {props.grip}
        <span className="rule-icon" data-paused={rule.rollout === 0 ? '' : undefined}>
          <Icon aria-hidden />
        </span>
        <div className="rule-words">
          <h3 id={id}>
            <bdi>{name}</bdi>
            {mark !== '' && ' '}
            {mark !== '' && <span className="rule-mark">{mark}</span>}
            {rule.rollout === 0 && ' '}
            {rule.rollout === 0 && <span className="rule-mark rule-paused">{words.rule.paused}</span>}
          </h3>
          <p data-faulty={faulty ? '' : undefined} aria-live={open ? 'polite' : undefined}>
            {sentence ?? check?.faults[0]?.message}
          </p>
        </div>
        {mayChange && (
          <div className="rule-actions">
            <IconButton
              label={words.flag.up}
              data-control="up"
              icon={<UpIcon aria-hidden />}
              disabled={at === 0}
              onClick={() => props.onMove(at - 1)}
            />
            <IconButton
              label={words.flag.down}
              data-control="down"
              icon={<DownIcon aria-hidden />}
              disabled={at === of - 1}
              onClick={() => props.onMove(at + 1)}
            />
            <Button onClick={() => onOpen(!open)} aria-expanded={open} aria-describedby={id}>
              {open ? words.flag.done : words.flag.edit}
            </Button>
          </div>
        )}
      </header>
      {open && mayChange && (
        <div className="rule-body">
          <div className="rule-fields">
            <TextField
              label={words.flag.ruleName}
              value={rule.name}
              maxLength={255}
              autoComplete="off"
              hint={words.flag.ruleNameHint}
              onChange={({ target }) => set({ name: target.value }, true)}
            />
            <EarningFields rule={rule} stored={stored} onSet={set} />
          </div>
          <ConditionEditor
            conditions={rule.conditions}
            selected={props.selected}
            vocabulary={props.vocabulary}
            remarks={nodeRemarks}
            faults={faults}
            onEdit={(edit, typing) => onAction({ kind: 'edit-conditions', rule: rule.key, edit, ...typing })}
            onSelect={(node) => onAction({ kind: 'select', rule: rule.key, node })}
          />
          <RolloutField rule={rule} stored={stored} attributes={attributesOf(props.vocabulary)} onSet={set} />
          <DistributionFields
            label={words.serving.serves}
            flag={props.flag}
            distribution={rule.distribution}
            stored={stored?.distribution ?? []}
            otherwise={{ distribution: servedBy(props.flag), label: words.serving.asFlag }}
            onDistribution={(distribution, typing) => set({ distribution }, typing)}
          />
          <Remarks remarks={props.remarks} />
          <footer className="rule-foot">
            <Button kind="quiet" icon={<CopyIcon aria-hidden />} onClick={props.onDuplicate}>
              {words.rule.duplicate}
            </Button>
            <Button
              kind="quiet"
              icon={<RemoveIcon aria-hidden />}
              onClick={() => onAction({ kind: 'remove-rule', rule: rule.key })}
            >
              {words.flag.removeRule}
            </Button>
          </footer>
        </div>
      )}
    </li>
  );
}

/** The names of attributes at the top, which shares can be drawn from. */
function attributesOf(vocabulary: GetVocabularyResponse | undefined): readonly string[] {
  return vocabulary?.attributes.flatMap(({ path }) => /^\$\.([^.[]+)$/.exec(path)?.[1] ?? []) ?? [];
}
