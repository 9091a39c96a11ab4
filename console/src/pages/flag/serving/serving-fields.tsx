import { useState } from 'react';
import { type FlagType, freeVariantKey, type VariantEdit } from '../../../draft/flag/edit-variants.js';
import type { FlagContent } from '../../../draft/flag/flag-content.js';
import type { DraftAction } from '../../../draft/flag/flag-draft.js';
import type { Distribution } from '../../../draft/values/distribution.js';
import { PER_100K } from '../../../draft/values/percentage.js';
import { valueInBrief } from '../../../draft/values/value-text.js';
import { Button } from '../../../ui/button.js';
import { Select } from '../../../ui/field.js';
import { AddIcon } from '../../../ui/icons.js';
import { words } from '../../../words/flag-words.js';
import { DistributionFields } from './distribution-fields.js';
import { ShareBar, Swatch } from './share-bar.js';
import { VariantFields } from './variant-fields.js';
import './serving.css';

export interface ServingFieldsProps {
  readonly flag: FlagContent;
  readonly stored: FlagContent;
  /** Seeds what is drawn by lot; '' for a flag that there is not yet. */
  readonly salt: string;
  readonly mayChange: boolean;
  readonly onAction: (action: DraftAction) => void;
}

/** What is served without a distribution. */
const ON = [{ variant: 'on', weight: PER_100K }];

/** What whoever has the flag gets, where no rule says otherwise. */
export function servedBy({ distribution }: FlagContent): Distribution {
  return distribution.length === 0 ? ON : distribution;
}

/** What the flag serves to those who have it, and to everybody else. */
export function ServingFields({ flag, stored, salt, mayChange, onAction }: ServingFieldsProps) {
  const [open, setOpen] = useState(false);
  const edit = (made: VariantEdit, typing = false) =>
    onAction({ kind: 'edit-variants', edit: made, ...(typing ? { typing: { atMs: performance.now() } } : {}) });
  const set = (fields: Partial<FlagContent>, typing = false) =>
    onAction({ kind: 'set', fields, ...(typing ? { typing: { atMs: performance.now() } } : {}) });
  return (
    <div className="serving">
      <div className="line-head">
        <Summary flag={flag} />
        {mayChange && (
          <Button onClick={() => setOpen(!open)} aria-expanded={open}>
            {open ? words.serving.done : words.serving.change}
          </Button>
        )}
      </div>
      {open && mayChange && (
        <>
          <section className="variants" aria-label={words.serving.variants}>
            <div className="field variants-type">
              <span className="field-label" aria-hidden>
                {words.serving.type}
              </span>
              <Select
                label={words.serving.type}
                value={flag.type}
                options={optionsOf(words.serving.types)}
                onChoose={(type) => edit({ kind: 'type', type: type as FlagType })}
              />
              <p className="field-hint">{words.serving.typeHint}</p>
            </div>
            <ul>
              {flag.variants.map((variant, at) => (
                <VariantFields
                  // The key is typed here, and must not make another field of it.
                  key={at}
                  variant={variant}
                  at={at}
                  flag={flag}
                  isStored={stored.variants.some(({ key }) => key === variant.key)}
                  onEdit={edit}
                  onOff={(off_variant) => set({ off_variant })}
                />
              ))}
            </ul>
            <Button
              kind="quiet"
              className="variants-add"
              icon={<AddIcon aria-hidden />}
              onClick={() => edit({ kind: 'add', key: freeVariantKey(flag) })}
            >
              {words.serving.add}
            </Button>
          </section>
          <DistributionFields
            label={words.serving.has}
            flag={flag}
            distribution={flag.distribution}
            stored={stored.distribution}
            otherwise={{ distribution: ON }}
            onDistribution={(distribution, typing) => set({ distribution }, typing)}
          />
          {(flag.bucketing !== 2 || stored.bucketing !== 2) && (
            <div className="field variants-type">
              <span className="field-label" aria-hidden>
                {words.serving.bucketing}
              </span>
              <Select
                label={words.serving.bucketing}
                value={String(flag.bucketing)}
                options={optionsOf(words.serving.bucketings)}
                onChoose={(bucketing) => set({ bucketing: Number(bucketing) })}
              />
              <p className="field-hint">{words.serving.bucketingHint}</p>
            </div>
          )}
          {salt !== '' && <p className="field-hint">{words.serving.salt(salt)}</p>}
        </>
      )}
    </div>
  );
}

/** What is served in short: who has it gets this, everybody else that. */
function Summary({ flag }: { readonly flag: FlagContent }) {
  const keys = flag.variants.map(({ key }) => key);
  const distribution = servedBy(flag);
  const served = keys.filter((key) => distribution.some(({ variant, weight }) => variant === key && weight > 0));
  return (
    <dl className="serving-summary">
      <div>
        <dt>{words.serving.has}</dt>
        <dd>
          {served.length > 1 && <ShareBar distribution={distribution} keys={keys} />}
          {served.map((key) => (
            <Served key={key} flag={flag} variant={key} marked={served.length > 1} />
          ))}
        </dd>
      </div>
      <div>
        <dt>{words.serving.hasNot}</dt>
        <dd>
          <Served flag={flag} variant={flag.off_variant} />
        </dd>
      </div>
    </dl>
  );
}

interface ServedProps {
  readonly flag: FlagContent;
  readonly variant: string;
  readonly marked?: boolean;
}

function Served({ flag, variant, marked = false }: ServedProps) {
  const found = flag.variants.find(({ key }) => key === variant);
  return (
    <span className="served">
      {marked && <Swatch keys={flag.variants.map(({ key }) => key)} variant={variant} />}
      <bdi>{variant}</bdi>
      {found !== undefined && <code>{valueInBrief(found.value)}</code>}
    </span>
  );
}

function optionsOf(said: Readonly<Record<string, string>>) {
  return Object.entries(said).map(([value, label]) => ({ value, label }));
}
