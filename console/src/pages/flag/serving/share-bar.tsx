import { type Distribution, percentShares } from '../../../draft/values/distribution.js';
import { percentage } from '../../../draft/values/percentage.js';
import { words } from '../../../words/flag-words.js';
import './serving.css';

/** As many colours as there are; what stands beside them says which is which. */
const HUES = 6;

export interface ShareBarProps {
  readonly distribution: Distribution;
  /** The keys of all variants: each has the same colour everywhere. */
  readonly keys: readonly string[];
}

/** A distribution as a bar. */
export function ShareBar({ distribution, keys }: ShareBarProps) {
  const shares = percentShares(distribution).filter(({ weight }) => weight > 0);
  const said = shares.map(({ variant, weight }) => words.serving.share(variant, percentage(weight))).join(', ');
  return (
    <div className="share-bar" role="img" aria-label={words.serving.bar(said)} title={said}>
      {shares.map(({ variant, weight }) => (
        <span key={variant} data-hue={hueOf(keys, variant)} style={{ flexGrow: weight }} />
      ))}
    </div>
  );
}

/** The colour of a variant, as a small square before its name. */
export function Swatch({ keys, variant }: { readonly keys: readonly string[]; readonly variant: string }) {
  return <span className="swatch" data-hue={hueOf(keys, variant)} aria-hidden />;
}

function hueOf(keys: readonly string[], variant: string): number {
  return Math.max(0, keys.indexOf(variant)) % HUES;
}
