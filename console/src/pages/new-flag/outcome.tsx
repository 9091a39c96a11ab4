import { useEffect } from 'react';
import type { DraftRule } from '../../draft/flag/flag-content.js';
import type { FlagDraft } from '../../draft/flag/flag-draft.js';
import { flagInput } from '../../draft/flag/save-request.js';
import { isUnfinished } from '../../draft/flag/unfinished.js';
import type { NewFlag } from '../../draft/new-flag.js';
import { useDebounced } from '../../parts/list/use-debounced.js';
import { useMay } from '../../parts/page/session-context.js';
import { PreviewPanel } from '../../parts/preview/preview-panel.js';
import { previewOf, usePreview } from '../../parts/preview/preview-stream.js';
import { words } from '../../words/new-flag-words.js';
import { useRuleCheck } from '../flag/rules/rule-check.js';

export interface OutcomeProps {
  readonly flag: NewFlag;
  readonly draft: FlagDraft;
  /** Whether nothing is missing by which it is said who should have it. */
  readonly complete: boolean;
  /** Whether the key is one that a flag may have and none has yet: against that the draft would be held. */
  readonly free: boolean;
}

/** Who will have the flag, in the server's words and by name. */
export function Outcome({ flag, draft, complete, free }: OutcomeProps) {
  const { who } = flag;
  const [rule] = draft.now.flag.rules;
  return (
    <section className="outcome" aria-label={words.newFlag.comes}>
      <h2>{words.newFlag.comes}</h2>
      {who === 'nobody' ? (
        <p className="field-hint">{words.newFlag.comesNobody}</p>
      ) : !complete ? (
        <p className="field-hint">{words.newFlag.comesLater}</p>
      ) : (
        <>
          <p className="field-hint">{flag.active ? words.newFlag.comesOn : words.newFlag.comesOff}</p>
          {rule !== undefined && <RuleInWords rule={rule} />}
          {who === 'people' ? (
            <>
              <p>{words.newFlag.comesPeople}</p>
              <ul className="outcome-people">
                {flag.people.map((id) => (
                  <li key={id}>
                    <bdi>{id}</bdi>
                  </li>
                ))}
              </ul>
            </>
          ) : (
            free && !isUnfinished(draft.now.flag) && <WhoByName draft={draft} />
          )}
          {who === 'share' && <p className="field-hint">{words.newFlag.comesShare}</p>}
        </>
      )}
    </section>
  );
}

function RuleInWords({ rule }: { readonly rule: DraftRule }) {
  const { check, error, missing } = useRuleCheck(rule, '');
  const unsaid = missing === undefined ? words.flag.saying : words.flag.missing[missing];
  const warnings = [...(check?.faults ?? []), ...(check?.warnings ?? [])];
  return (
    <>
      <p className="outcome-sentence" aria-live="polite">
        {check?.rule_sentence?.text ?? error?.message ?? unsaid}
      </p>
      {warnings.map(({ pointer, message }) => (
        <p key={pointer + message} className="outcome-warning">
          {message}
        </p>
      ))}
    </>
  );
}

/** The preview of the flag as if it were switched on, which starts by itself. */
function WhoByName({ draft }: { readonly draft: FlagDraft }) {
  const may = useMay('PreviewRule');
  const { preview, outdated, start, stop } = usePreview(draft.base.key, { renewed: may });
  const { active: _active, name: _name, ...input } = flagInput(draft);
  const wanted = useDebounced(previewOf({ flag: input }, 'KEEP'), 500);
  useEffect(() => {
    if (may) void start(wanted);
  }, [may, start, wanted]);
  if (preview === undefined) return null;
  return (
    <PreviewPanel
      preview={preview}
      outdated={preview.of !== wanted || outdated}
      onAgain={() => void start(wanted)}
      onStop={stop}
    />
  );
}
