import type { DraftRemark } from './draft-remarks.js';

/** What the server says of what stands above, in its own words. */
export function Remarks({ remarks }: { readonly remarks: readonly DraftRemark[] }) {
  if (remarks.length === 0) return null;
  return (
    <ul className="remarks" aria-live="polite">
      {remarks.map(({ kind, message }) => (
        <li key={message} className={kind === 'fault' ? 'condition-fault' : 'condition-warning'}>
          {message}
        </li>
      ))}
    </ul>
  );
}
