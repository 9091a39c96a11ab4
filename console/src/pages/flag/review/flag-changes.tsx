import type { DraftRule } from '../../../draft/flag/flag-content.js';
import { type FlagDraft, unsavedChanges } from '../../../draft/flag/flag-draft.js';
import { BeforeAndAfter } from '../../../parts/drafting/review-frame.js';
import { words } from '../../../words/flag-words.js';
import { useRuleCheck } from '../rules/rule-check.js';
import { changeInWords } from './change-words.js';
import { ReviewRows } from './review-rows.js';

export interface FlagChangesProps {
  readonly draft: FlagDraft;
  /** The server's sentences of the stored rules, by id. */
  readonly sentences: ReadonlyMap<string, string>;
}

/** What a draft of a flag changes, in words, each an `li`. */
export function FlagChanges({ draft, sentences }: FlagChangesProps) {
  const changes = unsavedChanges(draft).filter(({ kind }) => kind !== 'row');
  const { rules } = draft.now.flag;
  const nameOf = (key: string) => {
    const at = rules.findIndex((rule) => rule.key === key);
    return rules[at]?.name || words.flag.rule(at + 1);
  };
  return (
    <>
      {changes.map((change, i) => (
        <li key={`${change.kind} ${i}`}>
          {(change.kind === 'rule-field' && change.field === 'conditions') || change.kind === 'rule-added' ? (
            <RuleInWords
              rule={change.rule}
              name={nameOf(change.rule.key)}
              flagId={draft.base.id}
              before={change.kind === 'rule-added' ? undefined : sentences.get(change.rule.key)}
            />
          ) : (
            changeInWords(change, nameOf)
          )}
        </li>
      ))}
      <ReviewRows rows={draft.now.rows} />
    </>
  );
}

interface RuleInWordsProps {
  readonly rule: DraftRule;
  readonly name: string;
  readonly flagId: string;
  /** The sentence before; undefined for a new rule. */
  readonly before: string | undefined;
}

/** Whom a rule is for, and whom it was for, in the server's words. */
function RuleInWords({ rule, name, flagId, before }: RuleInWordsProps) {
  const { check, error, missing } = useRuleCheck(rule, flagId);
  const unsaid = missing === undefined ? words.flag.saying : words.flag.missing[missing];
  const after = check?.rule_sentence?.text ?? check?.faults[0]?.message ?? error?.message ?? unsaid;
  return (
    <>
      {before === undefined ? words.flag.diff.added(name) : name}
      <BeforeAndAfter before={before} after={after} />
    </>
  );
}
