import { Link } from '@tanstack/react-router';
import { useMemo } from 'react';
import { missingInConditions } from '../../draft/flag/unfinished.js';
import type { SegmentAction, SegmentDraft } from '../../draft/segment-draft.js';
import { ConditionEditor } from '../../parts/conditions/condition-editor.js';
import { faultsOf, remarksOf } from '../../parts/conditions/remarks.js';
import { useVocabulary } from '../../parts/conditions/use-vocabulary.js';
import { TextField } from '../../ui/field.js';
import { words } from '../../words/segments-words.js';
import { useSegmentCheck } from './segment-check.js';

export interface SegmentFieldsProps {
  readonly draft: SegmentDraft;
  /** '' of a new one that has none yet. */
  readonly segmentKey: string;
  readonly mayChange: boolean;
  readonly onAction: (action: SegmentAction) => void;
}

/** Who is in the segment, in the server's words, and the conditions that say so. */
export function SegmentFields({ draft, segmentKey, mayChange, onAction }: SegmentFieldsProps) {
  const { segments: text } = words;
  const { name, conditions, selected } = draft.now;
  const vocabulary = useVocabulary();
  const check = useSegmentCheck(segmentKey, conditions);
  const missing = missingInConditions(conditions);
  const unsaid = missing === undefined ? text.saying : text.missing[missing];
  const faults = useMemo(() => faultsOf(check), [check]);
  const fault = check?.faults[0]?.message;
  return (
    <section className="card" aria-label={text.columns.who}>
      <h2>{text.columns.who}</h2>
      <p className="segment-sentence" data-faulty={fault === undefined ? undefined : ''} aria-live="polite">
        <bdi>{check?.sentence?.text ?? fault ?? unsaid}</bdi>
      </p>
      {check?.reads_time === true && <p className="soft">{text.readsTime}</p>}
      {mayChange ? (
        <>
          <TextField
            label={text.name}
            hint={text.nameHint}
            value={name}
            maxLength={255}
            autoComplete="off"
            onChange={({ target }) =>
              onAction({ kind: 'name', name: target.value, typing: { atMs: performance.now() } })
            }
          />
          <ConditionEditor
            heading="h3"
            conditions={conditions}
            selected={selected}
            vocabulary={vocabulary}
            remarks={remarksOf(conditions, check)}
            faults={faults}
            onEdit={(edit, typing) => onAction({ kind: 'edit', edit, ...typing })}
            onSelect={(node) => onAction({ kind: 'select', node })}
          />
        </>
      ) : (
        <p className="soft">{text.readOnly}</p>
      )}
      {check !== undefined && check.segments.length > 0 && (
        <p className="segment-refers">
          <span className="soft">{text.refersTo}</span>
          {check.segments.map((key) => (
            <SegmentLink key={key} segmentKey={key} />
          ))}
        </p>
      )}
    </section>
  );
}

/** The way to a segment. */
function SegmentLink({ segmentKey }: { readonly segmentKey: string }) {
  return (
    <Link to="/segments/$key" params={{ key: segmentKey }} search={{}}>
      {segmentKey}
    </Link>
  );
}
