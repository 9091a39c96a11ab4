import { type ReactNode, useEffect, useRef, useState } from 'react';
import type { GetVocabularyResponse } from '../../../../src/protocol/gen/admin-json.js';
import { treeOf } from '../../draft/conditions/condition-tree.js';
import { NEW_LEAF } from '../../draft/conditions/edit-conditions.js';
import { type DraftRule, type FlagContent, newRule } from '../../draft/flag/flag-content.js';
import { type DraftAction, type FlagDraft, newRuleKey } from '../../draft/flag/flag-draft.js';
import { useNow } from '../../parts/time/now.js';
import { Button } from '../../ui/button.js';
import { Switch } from '../../ui/field.js';
import { EarnedIcon, PeopleIcon, ShareIcon } from '../../ui/icons.js';
import { words } from '../../words/flag-words.js';
import { PrerequisiteFields } from './prerequisite-fields.js';
import { useDraftRemarks } from './rules/draft-remarks.js';
import { Remarks } from './rules/remarks.js';
import { RuleList } from './rules/rule-list.js';
import { ScheduleFields } from './schedule-fields.js';
import { ServingFields } from './serving/serving-fields.js';

export interface LadderProps {
  readonly draft: FlagDraft;
  /** The server's sentences of the stored rules, by id. */
  readonly sentences: ReadonlyMap<string, string>;
  /** Seeds what is drawn by lot. */
  readonly salt: string;
  readonly vocabulary: GetVocabularyResponse | undefined;
  readonly mayChange: boolean;
  /** Whether the first rule is open at first. */
  readonly editFirst: boolean;
  /** A rule that is to be open, each time anew; undefined for none. */
  readonly revealed: { readonly rule: string } | undefined;
  readonly onAction: (action: DraftAction) => void;
  /** What stands between prerequisites and everyone: the line of access rows. */
  readonly rows?: ReactNode;
}

/** Everything that decides who has the flag, in the order in which it is looked at. */
export function Ladder({
  draft,
  sentences,
  salt,
  vocabulary,
  mayChange,
  editFirst,
  revealed,
  onAction,
  rows,
}: LadderProps) {
  const { flag } = draft.now;
  const remarks = useDraftRemarks(draft);
  const of = (...names: readonly string[]) => remarks.filter(({ field }) => names.includes(field));
  const [open, setOpen] = useState<ReadonlySet<string>>(
    () => new Set(editFirst ? flag.rules.slice(0, 1).map(({ key }) => key) : []),
  );
  useEffect(() => {
    if (revealed !== undefined) setOpen((before) => new Set([...before, revealed.rule]));
  }, [revealed]);
  const toggle = (key: string, on: boolean) => {
    const next = new Set(open);
    if (on) next.add(key);
    else next.delete(key);
    setOpen(next);
  };
  const added = useRef<string>(undefined);
  const add = (rule: DraftRule, position = flag.rules.length) => {
    added.current = rule.key;
    onAction({ kind: 'add-rule', rule, position });
    toggle(rule.key, true);
  };
  const addRule = (fields: Partial<DraftRule>) => add({ ...newRule(newRuleKey(draft)), ...fields });
  const { lines } = words.flag;
  return (
    <section className="ladder" aria-label={words.flag.ladder}>
      <Line name={lines.switch} off={!flag.active || flag.archived}>
        <div className="line-head">
          <p>
            <SwitchSaid flag={flag} />
          </p>
          <Switch
            label={words.flag.on}
            checked={flag.active}
            disabled={!mayChange}
            onChange={({ target }) => onAction({ kind: 'set', fields: { active: target.checked } })}
          />
        </div>
        <ScheduleFields flag={flag} mayChange={mayChange} onAction={onAction} />
        <Remarks remarks={of('starts_at', 'ends_at')} />
      </Line>
      <Line name={lines.prerequisites}>
        <PrerequisiteFields
          flag={flag}
          flagKey={draft.base.key}
          vocabulary={vocabulary}
          mayChange={mayChange}
          onAction={onAction}
        />
        <Remarks remarks={of('prerequisites')} />
      </Line>
      {rows}
      <Line name={lines.everyone}>
        <div className="line-head">
          <p>{flag.is_enabled_globally ? words.flag.everyoneHas : words.flag.notEveryone}</p>
          <Switch
            label={words.flag.fields.is_enabled_globally}
            checked={flag.is_enabled_globally}
            disabled={!mayChange}
            onChange={({ target }) => onAction({ kind: 'set', fields: { is_enabled_globally: target.checked } })}
          />
        </div>
      </Line>
      <Line name={lines.rules} wide>
        {flag.rules.length === 0 && <p>{words.flag.noRules}</p>}
        <RuleList
          draft={draft}
          sentences={sentences}
          vocabulary={vocabulary}
          mayChange={mayChange}
          remarks={remarks}
          open={open}
          onOpen={toggle}
          onAdd={add}
          added={added}
          onAction={onAction}
        />
        {mayChange && (
          <div className="rule-adders">
            <Adder
              icon={<EarnedIcon aria-hidden />}
              name={words.flag.addEarned}
              what={words.flag.addEarnedWhat}
              onAdd={() => addRule({ policy: 'LATCHING', conditions: treeOf({ all: [NEW_LEAF] }) })}
            />
            <Adder
              icon={<PeopleIcon aria-hidden />}
              name={words.flag.addTargeted}
              what={words.flag.addTargetedWhat}
              onAdd={() => addRule({ conditions: treeOf({ all: [NEW_LEAF] }) })}
            />
            <Adder
              icon={<ShareIcon aria-hidden />}
              name={words.flag.addShare}
              what={words.flag.addShareWhat}
              onAdd={() => addRule({ rollout: 5_000 })}
            />
          </div>
        )}
      </Line>
      <Line name={lines.otherwise}>
        <p>{words.flag.otherwise}</p>
      </Line>
      <Line name={words.serving.line} wide>
        <ServingFields flag={flag} stored={draft.base.content} salt={salt} mayChange={mayChange} onAction={onAction} />
        <Remarks remarks={of('type', 'variants', 'off_variant', 'distribution', 'bucketing')} />
      </Line>
    </section>
  );
}

export function Line({
  name,
  off = false,
  wide = false,
  children,
}: {
  readonly name: string;
  readonly off?: boolean;
  readonly wide?: boolean;
  readonly children: ReactNode;
}) {
  return (
    <section className="line" data-off={off ? '' : undefined} data-wide={wide ? '' : undefined} aria-label={name}>
      <h2>{name}</h2>
      <div className="line-body">{children}</div>
    </section>
  );
}

/** What the switch and the schedule come to. */
function SwitchSaid({ flag: { archived, active, starts_at, ends_at } }: { readonly flag: FlagContent }) {
  const now = useNow().getTime();
  if (archived) return words.flag.archived;
  if (!active) return words.flag.switchedOff;
  if (ends_at !== null && Date.parse(ends_at) <= now) return words.flag.ended;
  if (starts_at !== null && Date.parse(starts_at) > now) return words.flag.notStarted;
  return words.flag.switchedOn;
}

interface AdderProps {
  readonly icon: ReactNode;
  readonly name: string;
  readonly what: string;
  readonly onAdd: () => void;
}

function Adder({ icon, name, what, onAdd }: AdderProps) {
  return (
    <Button className="rule-adder" icon={icon} onClick={onAdd}>
      <span>
        {name}
        <small>{what}</small>
      </span>
    </Button>
  );
}
