import { Link } from '@tanstack/react-router';

/** The way to a segment. */
export function SegmentLink({ segmentKey }: { readonly segmentKey: string }) {
  return (
    <Link to="/segments/$key" params={{ key: segmentKey }} search={{}}>
      {segmentKey}
    </Link>
  );
}
