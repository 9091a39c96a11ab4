import { useEffect, useState } from 'react';
import type { FeatureFlag, SetFlagResponse } from '../../../../../src/protocol/gen/admin-json.js';
import { call } from '../../../api/api.js';
import { mayMove } from '../../../draft/flag/changes.js';
import { type DraftContent, type FlagDraft, unsavedChanges } from '../../../draft/flag/flag-draft.js';
import type { ChangedRows } from '../../../draft/flag/merge-rows.js';
import { draftInput, saveRequest } from '../../../draft/flag/save-request.js';
import { isUnfinished } from '../../../draft/flag/unfinished.js';
import { flagFaultPlace } from '../../../parts/drafting/fault-place.js';
import type { FaultPlace } from '../../../parts/drafting/refusal.js';
import { ReviewFrame } from '../../../parts/drafting/review-frame.js';
import { useMay } from '../../../parts/page/session-context.js';
import { PreviewPanel } from '../../../parts/preview/preview-panel.js';
import { lossesIn, previewOf, type RuleChange, usePreview } from '../../../parts/preview/preview-stream.js';
import { words } from '../../../words/flag-words.js';
import { FlagChanges } from './flag-changes.js';

export interface ReviewDialogProps {
  readonly draft: FlagDraft;
  /** The server's sentences of the stored rules, by id. */
  readonly sentences: ReadonlyMap<string, string>;
  /** Why, as long as nobody says otherwise. */
  readonly whyAtFirst: string;
  readonly onClose: () => void;
  /** Leads to a rule, and to a condition of it, in the page behind. */
  readonly onGo: (place: { readonly rule: string; readonly node: string | undefined }) => void;
  readonly onSaved: (answer: SetFlagResponse & { readonly flag: FeatureFlag }, sent: DraftContent) => void;
  /** Somebody has saved the flag meanwhile, or these rows of it. */
  readonly onConflict: (rows: ChangedRows | undefined) => void;
}

/** Says in words what saving comes to, and for whom, before it is done. */
export default function ReviewDialog(props: ReviewDialogProps) {
  const { draft, sentences, whyAtFirst, onClose, onGo, onSaved, onConflict } = props;
  const all = unsavedChanges(draft);
  const [onRuleChange, setOnRuleChange] = useState<RuleChange>('KEEP');
  const [stopped, setStopped] = useState(false);
  const mayPreview = useMay('PreviewRule');
  // What is unfinished is refused: saving it takes the flag from nobody. Words about a flag take it from nobody either.
  const moves = !isUnfinished(draft.now.flag) && all.some(mayMove);
  const asks = mayPreview && !isUnfinished(draft.now.flag);
  const { preview, outdated, start, stop } = usePreview(draft.base.key, { renewed: asks });
  const input = previewOf(draftInput(draft), onRuleChange);
  useEffect(() => {
    setStopped(false);
    if (asks) void start(input);
  }, [asks, start, input]);
  const known = preview?.of === input && !outdated ? preview : undefined;
  const losses = !moves ? 0 : mayPreview ? lossesIn(known, stopped) : 'unknown';
  const again = () => {
    setStopped(false);
    void start(input);
  };
  const save = async (why: string) => {
    const sent = draft.now;
    const body = saveRequest(draft, { comment: why, on_rule_change: onRuleChange });
    const answer = await call('PATCH /api/admin/flags/{flag}/access', { path: { flag: draft.base.key }, body });
    if (answer.flag !== undefined) onSaved({ ...answer, flag: answer.flag }, sent);
  };
  const placeOf = (pointer: string): FaultPlace | undefined => {
    const { name, rule, node } = flagFaultPlace(draft.now.flag, pointer) ?? {};
    if (name === undefined) return undefined;
    return rule === undefined ? { name } : { name, onGo: () => onGo({ rule, node }) };
  };
  return (
    <ReviewFrame
      title={words.flag.reviewTitle}
      what={words.flag.reviewWhat(draft.base.key)}
      losses={losses}
      onAskAgain={mayPreview ? again : undefined}
      asks={words.flag}
      whyAtFirst={whyAtFirst}
      placeOf={placeOf}
      onSave={save}
      onConflict={onConflict}
      onClose={onClose}
      effects={
        <>
          {preview !== undefined && (
            <PreviewPanel
              preview={preview}
              outdated={known === undefined}
              onAgain={again}
              onStop={() => {
                stop();
                setStopped(true);
              }}
            />
          )}
          {changesLatching(draft) && (
            <fieldset className="review-keep">
              <legend>{words.flag.onRuleChange}</legend>
              {(['KEEP', 'RELOCK'] as const).map((each) => (
                <label key={each}>
                  <input
                    type="radio"
                    name="on-rule-change"
                    checked={onRuleChange === each}
                    onChange={() => setOnRuleChange(each)}
                  />
                  {each === 'KEEP' ? words.flag.keep : words.flag.relock}
                </label>
              ))}
            </fieldset>
          )}
        </>
      }
    >
      <FlagChanges draft={draft} sentences={sentences} />
    </ReviewFrame>
  );
}

/** Whether rules change by which somebody may have unlocked the flag. */
function changesLatching(draft: FlagDraft): boolean {
  const latching = draft.base.content.rules.filter(({ policy }) => policy === 'LATCHING').map(({ key }) => key);
  return unsavedChanges(draft).some(
    (change) => 'rule' in change && change.kind !== 'rule-added' && latching.includes(change.rule.key),
  );
}
