import { useState } from 'react';
import type { FlagContent } from '../../../draft/flag/flag-content.js';
import {
  type Distribution,
  evenShares,
  missingOf,
  percentShares,
  withRest,
  withShare,
} from '../../../draft/values/distribution.js';
import { sameJson } from '../../../draft/values/json.js';
import { PER_100K, percentage, readPercentage } from '../../../draft/values/percentage.js';
import { valueInBrief } from '../../../draft/values/value-text.js';
import { Button } from '../../../ui/button.js';
import { SelectField, TextField } from '../../../ui/field.js';
import { words } from '../../../words/flag-words.js';
import { ShareBar, Swatch } from './share-bar.js';

export interface DistributionFieldsProps {
  readonly label: string;
  readonly flag: Pick<FlagContent, 'variants' | 'bucketing'>;
  readonly distribution: Distribution;
  /** As it is stored: shares that come to the same are written as they are there. */
  readonly stored: Distribution;
  /** What is served without a distribution, and what that is called, where it is more than one of the variants. */
  readonly otherwise: { readonly distribution: Distribution; readonly label?: string };
  readonly onDistribution: (distribution: Distribution, typing?: boolean) => void;
}

/** What is served: one variant, or several by shares, which come to 100 % exactly. */
export function DistributionFields(props: DistributionFieldsProps) {
  const { label, flag, distribution, stored, otherwise, onDistribution } = props;
  const keys = flag.variants.map(({ key }) => key);
  const isUnsaid = distribution.length === 0;
  const shares = percentShares(isUnsaid ? otherwise.distribution : distribution);
  const served = shares.filter(({ weight }) => weight > 0);
  const [asShares, setAsShares] = useState(false);
  const followsOther = isUnsaid && otherwise.label !== undefined;
  const isShared = !followsOther && (asShares || served.length > 1);
  const put = (next: Distribution, typing = false) => {
    const written = asStored(next, stored);
    // What is served anyway needs no word, unless it has one already.
    const isAnyway = otherwise.label === undefined && stored.length === 0 && sameJson(written, otherwise.distribution);
    onDistribution(isAnyway ? [] : written, typing);
  };
  const choose = (chosen: string) => {
    setAsShares(chosen === SHARES);
    if (chosen === OTHERWISE) onDistribution([]);
    else if (chosen !== SHARES) put([{ variant: chosen.slice(OF.length), weight: PER_100K }]);
    else if (followsOther) put(shares);
  };
  const chosen = isShared ? SHARES : followsOther ? OTHERWISE : `${OF}${served[0]?.variant}`;
  const options = [
    ...(otherwise.label === undefined ? [] : [{ value: OTHERWISE, label: otherwise.label }]),
    ...flag.variants.map(({ key, value }) => ({
      value: `${OF}${key}`,
      label: words.serving.always(key, valueInBrief(value)),
    })),
    ...(keys.length > 1 ? [{ value: SHARES, label: words.serving.shares }] : []),
  ];
  return (
    <div className="serves">
      <SelectField
        className="serves-choice"
        label={label}
        value={chosen}
        options={
          options.some(({ value }) => value === chosen)
            ? options
            : [...options, { value: chosen, label: chosen.slice(OF.length) }]
        }
        onChoose={choose}
      />
      {isShared && (
        <ShareFields
          keys={keys}
          shares={shares}
          onShares={(next, typing) => {
            // The fields stay while one of them is everything.
            setAsShares(true);
            put(next, typing);
          }}
        />
      )}
      {isShared && <p className="field-hint">{words.serving.moves[flag.bucketing]}</p>}
    </div>
  );
}

const OTHERWISE = 'otherwise';
const SHARES = 'shares';
/** Before the key of a variant, which may be called anything. */
const OF = 'variant:';

/** Shares as they are stored, where they come to the same; else without those that nobody gets. */
function asStored(shares: Distribution, stored: Distribution): Distribution {
  const some = shares.filter(({ weight }) => weight > 0);
  const before = percentShares(stored).filter(({ weight }) => weight > 0);
  const sorted = (all: Distribution) => all.toSorted((a, b) => (a.variant < b.variant ? -1 : 1));
  return before.length > 0 && sameJson(sorted(some), sorted(before)) ? stored : some;
}

interface ShareFieldsProps {
  readonly keys: readonly string[];
  /** In hundred-thousandths. */
  readonly shares: Distribution;
  readonly onShares: (shares: Distribution, typing: boolean) => void;
}

/** A share for each variant. While they do not come to 100 %, they stand here alone. */
function ShareFields({ keys, shares, onShares }: ShareFieldsProps) {
  const [pending, setPending] = useState<{ readonly shares: Distribution; readonly on: Distribution }>();
  const stands = pending !== undefined && sameJson(pending.on, shares);
  const shown = stands ? pending.shares : shares;
  const strange = shown.map(({ variant }) => variant).filter((variant) => !keys.includes(variant));
  const all = [...keys, ...strange].map(
    (variant) => shown.find((share) => share.variant === variant) ?? { variant, weight: 0 },
  );
  const missing = missingOf(shown);
  const set = (next: Distribution, typing: boolean) => {
    const isWhole = missingOf(next) === 0;
    setPending(isWhole ? undefined : { shares: next, on: shares });
    if (isWhole) onShares(next, typing);
  };
  const total = percentage(PER_100K - missing);
  return (
    <fieldset className="shares">
      <legend className="unseen">{words.serving.shares}</legend>
      <ShareBar distribution={shown} keys={keys} />
      <ul>
        {all.map(({ variant, weight }) => (
          <li key={variant}>
            <Swatch keys={keys} variant={variant} />
            <bdi className="shares-key">{variant}</bdi>
            <ShareField
              variant={variant}
              weight={weight}
              onWeight={(next) => set(withShare(all, variant, next), true)}
            />
            {missing !== 0 && weight + missing >= 0 && (
              <Button
                kind="quiet"
                aria-label={
                  missing > 0
                    ? words.serving.give(percentage(missing), variant)
                    : words.serving.take(percentage(-missing), variant)
                }
                onClick={() => set(withRest(all, variant), false)}
              >
                {missing > 0 ? `+${percentage(missing)} %` : `−${percentage(-missing)} %`}
              </Button>
            )}
          </li>
        ))}
      </ul>
      <Button kind="quiet" className="shares-even" onClick={() => set(evenShares(keys), false)}>
        {words.serving.even}
      </Button>
      {missing !== 0 && (
        <p className="field-fault" role="status">
          {missing > 0
            ? words.serving.missing(total, percentage(missing))
            : words.serving.tooMuch(total, percentage(-missing))}
        </p>
      )}
    </fieldset>
  );
}

interface ShareFieldProps {
  readonly variant: string;
  readonly weight: number;
  readonly onWeight: (weight: number) => void;
}

function ShareField({ variant, weight, onWeight }: ShareFieldProps) {
  const [typed, setTyped] = useState<string>();
  const read = typed === undefined ? undefined : readPercentage(typed);
  const stands = read !== undefined && ('fault' in read || read.per100k === weight);
  const fault = stands && 'fault' in read ? words.flag.percentFaults[read.fault] : undefined;
  return (
    <TextField
      label={words.serving.shareOf(variant)}
      labelUnseen
      className="shares-share"
      value={stands ? typed! : percentage(weight)}
      inputMode="decimal"
      autoComplete="off"
      fault={fault}
      after={<span aria-hidden>%</span>}
      onChange={({ target }) => {
        setTyped(target.value);
        const next = readPercentage(target.value);
        if ('per100k' in next) onWeight(next.per100k);
      }}
    />
  );
}
