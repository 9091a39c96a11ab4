import { useId, useRef, useState } from 'react';
import type { DraftRule } from '../../../draft/flag/flag-content.js';
import type { SetRule } from '../../../draft/flag/flag-draft.js';
import { ATTRIBUTE } from '../../../draft/flag/unfinished.js';
import { PER_100K, percentage, readPercentage, shareInWords } from '../../../draft/values/percentage.js';
import { Button } from '../../../ui/button.js';
import { SelectField, TextField } from '../../../ui/field.js';
import { PauseIcon, ResumeIcon } from '../../../ui/icons.js';
import { words } from '../../../words/flag-words.js';

export interface RolloutFieldProps {
  readonly rule: DraftRule;
  /** As it is stored; undefined for a new rule. */
  readonly stored: DraftRule | undefined;
  /** The attributes that people have, without the `$.` of paths. */
  readonly attributes: readonly string[];
  readonly onSet: SetRule;
}

/** The share that a rule is rolled out to, by a slider of whole percents and a field of thousandths, and what it is drawn from. */
export function RolloutField({ rule, stored, attributes, onSet }: RolloutFieldProps) {
  const [typed, setTyped] = useState<string>();
  const read = typed === undefined ? undefined : readPercentage(typed);
  const stands = read !== undefined && ('fault' in read || read.per100k === rule.rollout);
  const text = stands ? typed! : percentage(rule.rollout);
  const fault = stands && read !== undefined && 'fault' in read ? words.flag.percentFaults[read.fault] : undefined;
  const before = useRef(stored?.rollout || PER_100K);
  const atFirst = useRef(rule.rollout);
  const set = (rollout: number, typing = true) => onSet({ rollout }, typing);
  const pause = () => {
    before.current = rule.rollout;
    set(0, false);
  };
  return (
    <div className="rollout">
      <TextField
        label={words.flag.rollout}
        value={text}
        inputMode="decimal"
        autoComplete="off"
        fault={fault}
        after={<span aria-hidden>%</span>}
        onFocus={() => {
          atFirst.current = rule.rollout;
        }}
        onChange={({ target }) => {
          setTyped(target.value);
          const next = readPercentage(target.value);
          // On the way to what is no percentage stand others, which nobody meant: 13 before 133.
          set('per100k' in next ? next.per100k : atFirst.current);
        }}
      />
      <input
        type="range"
        className="rollout-slider"
        aria-label={words.flag.rolloutSlider}
        min={0}
        max={100}
        step={1}
        value={Math.round((rule.rollout / PER_100K) * 100)}
        onChange={({ target }) => {
          setTyped(undefined);
          // Whole percents are whole shares: divided first, 29 % would be 28,999.999….
          set(Number(target.value) * (PER_100K / 100));
        }}
      />
      <p className="rollout-words">{inWords(rule, stored)}</p>
      {rule.rollout > 0 ? (
        <Button kind="quiet" icon={<PauseIcon aria-hidden />} onClick={pause}>
          {words.flag.pause}
        </Button>
      ) : (
        <Button kind="quiet" icon={<ResumeIcon aria-hidden />} onClick={() => set(before.current, false)}>
          {words.rule.resume(percentage(before.current))}
        </Button>
      )}
      {isDrawn(rule) && <SpreadField rule={rule} attributes={attributes} onSet={onSet} />}
    </div>
  );
}

/** Whether anything of a rule is drawn by lot. */
function isDrawn({ rollout, distribution, bucket_by }: DraftRule): boolean {
  return rollout < PER_100K || distribution.length > 1 || !['', 'user'].includes(bucket_by);
}

/** What a share comes to, for those whom the saved one has let in, too. */
function inWords(rule: DraftRule, stored: DraftRule | undefined): string {
  const { share } = words.rule;
  const before = stored?.rollout ?? rule.rollout;
  const said = shareInWords(rule.rollout);
  if (rule.rollout === 0) return share.paused[rule.policy];
  if (rule.rollout < before) return share.lowered[rule.policy](percentage(before));
  if (rule.rollout > before && before > 0) return share.raised(percentage(before));
  if (said.kind === 'some')
    return said.oneIn === undefined ? words.flag.share.some : words.flag.share.oneIn(said.oneIn);
  return words.flag.share.everyone;
}

/** What the share is drawn from: people, organizations, or the values of an attribute. */
function SpreadField({ rule, attributes, onSet }: Omit<RolloutFieldProps, 'stored'>) {
  const { spread, spreads } = words.rule;
  const id = useId();
  const kind = rule.bucket_by.startsWith(ATTRIBUTE) ? 'attribute' : rule.bucket_by || 'user';
  // Of a rule that organizations earn it is theirs, and nothing else.
  if (rule.earned_by === 'ORGANIZATION' && kind === 'organization') return null;
  const options = Object.entries(spreads).map(([value, label]) => ({ value, label }));
  return (
    <div className="rollout-spread">
      <SelectField
        label={spread}
        value={kind}
        options={Object.hasOwn(spreads, kind) ? options : [{ value: kind, label: kind }, ...options]}
        onChoose={(chosen) =>
          onSet({ bucket_by: chosen === 'attribute' ? `${ATTRIBUTE}${attributes[0] ?? ''}` : chosen })
        }
      />
      {kind === 'attribute' && (
        <TextField
          label={words.rule.attribute}
          hint={words.rule.attributeHint}
          value={rule.bucket_by.slice(ATTRIBUTE.length)}
          list={id}
          maxLength={255}
          autoComplete="off"
          spellCheck={false}
          onChange={({ target }) => onSet({ bucket_by: ATTRIBUTE + target.value }, true)}
        />
      )}
      {kind === 'attribute' && (
        <datalist id={id}>
          {attributes.map((name) => (
            <option key={name} value={name} />
          ))}
        </datalist>
      )}
      {kind !== 'attribute' && <p className="field-hint">{words.rule.spreadHint}</p>}
    </div>
  );
}
