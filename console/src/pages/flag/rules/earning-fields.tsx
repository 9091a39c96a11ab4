import type { DraftRule } from '../../../draft/flag/flag-content.js';
import type { SetRule } from '../../../draft/flag/flag-draft.js';
import { Select } from '../../../ui/field.js';
import { words } from '../../../words/flag-words.js';

export interface EarningFieldsProps {
  readonly rule: DraftRule;
  /** As it is stored; undefined for a new rule. */
  readonly stored: DraftRule | undefined;
  readonly onSet: SetRule;
}

/** Who earns a rule, and for how long. */
export function EarningFields({ rule, stored, onSet }: EarningFieldsProps) {
  const { earnedBy, earners, earnedByHint, onReversal, reversals } = words.rule;
  const latches = rule.policy === 'LATCHING';
  return (
    <>
      <Choice
        label={words.flag.policy}
        value={rule.policy}
        words={words.flag.policies}
        // What was unlocked is kept by latching rules alone.
        onChoose={(policy) => onSet({ policy, ...(policy === 'LIVE' ? { on_reversal: 'KEEP' } : {}) })}
      />
      {(latches || rule.earned_by !== 'USER') && (
        <Choice
          label={earnedBy}
          value={rule.earned_by}
          words={earners}
          hint={stored === undefined ? undefined : earnedByHint}
          disabled={stored !== undefined}
          onChoose={(earned_by) =>
            onSet({ earned_by, bucket_by: earned_by === 'ORGANIZATION' ? 'organization' : 'user' })
          }
        />
      )}
      {latches && (
        <Choice
          label={onReversal}
          value={rule.on_reversal}
          words={reversals}
          onChoose={(on_reversal) => onSet({ on_reversal })}
        />
      )}
    </>
  );
}

interface ChoiceProps<T extends string> {
  readonly label: string;
  readonly value: T;
  readonly words: Readonly<Record<T, string>>;
  readonly hint?: string | undefined;
  readonly disabled?: boolean;
  readonly onChoose: (value: T) => void;
}

function Choice<T extends string>({ label, value, words: said, hint, disabled = false, onChoose }: ChoiceProps<T>) {
  return (
    <div className="field">
      <span className="field-label" aria-hidden>
        {label}
      </span>
      <Select
        label={label}
        value={value}
        disabled={disabled}
        options={Object.entries<string>(said).map(([each, text]) => ({ value: each, label: text }))}
        onChoose={(chosen) => onChoose(chosen as T)}
      />
      {hint !== undefined && <p className="field-hint">{hint}</p>}
    </div>
  );
}
