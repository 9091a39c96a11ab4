import { ApiError } from '../../api/api-error.js';
import { words } from '../../words/flag-words.js';
import './review.css';

/** Where a fault stands, as operators know it. */
export interface FaultPlace {
  readonly name: string;
  /** Leads there; left out where there is nowhere to lead to. */
  readonly onGo?: () => void;
}

export interface RefusalProps {
  readonly error: Error | null;
  /** The place that a JSON pointer of the server leads to; undefined for the draft as a whole. */
  readonly placeOf: (pointer: string) => FaultPlace | undefined;
}

/** What the server refuses, each with its place. */
export function Refusal({ error, placeOf }: RefusalProps) {
  if (error === null || (error instanceof ApiError && error.kind === 'conflict')) return null;
  const faults = error instanceof ApiError ? (error.problem?.errors ?? []) : [];
  return (
    <div className="review-refused" role="alert">
      <p>{faults.length === 0 ? error.message : words.flag.faults(faults.length)}</p>
      <ul>
        {faults.map(({ pointer, message }) => (
          <li key={pointer + message}>
            <Place place={placeOf(pointer)} />
            {message}
          </li>
        ))}
      </ul>
    </div>
  );
}

function Place({ place }: { readonly place: FaultPlace | undefined }) {
  if (place === undefined) return null;
  const { name, onGo } = place;
  return (
    <>
      {onGo === undefined ? (
        <strong>{name}</strong>
      ) : (
        <button type="button" className="refused-place" onClick={onGo}>
          {name}
        </button>
      )}
      {': '}
    </>
  );
}
