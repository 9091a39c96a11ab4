import { ApiError } from '../../api/api-error.js';
import { words } from '../../words/flag-words.js';
import './review.css';

/** What the server refuses, each with its place. */
export function Refusal({ error }: { readonly error: Error | null }) {
  if (error === null || (error instanceof ApiError && error.kind === 'conflict')) return null;
  const faults = error instanceof ApiError ? (error.problem?.errors ?? []) : [];
  return (
    <div className="review-refused" role="alert">
      <p>{faults.length === 0 ? error.message : words.flag.faults(faults.length)}</p>
      <ul>
        {faults.map(({ pointer, message }) => (
          <li key={pointer + message}>
            <code>{pointer.replace(/^\/flag/, '')}</code> {message}
          </li>
        ))}
      </ul>
    </div>
  );
}
