import { Button } from '../../ui/button.js';
import { words } from '../../words/words.js';
import './page-line.css';

export interface MoreProps {
  readonly hasNextPage: boolean;
  readonly fetchNextPage: () => Promise<unknown>;
  readonly isFetchingNextPage: boolean;
  /** What is not shown yet. */
  readonly what?: string;
  /** What the button says, where what follows is more than the rest of a list. */
  readonly says?: string;
}

/** Shows the next page of a list, where there is one. */
export function More({ hasNextPage, fetchNextPage, isFetchingNextPage, what, says = words.list.more }: MoreProps) {
  if (!hasNextPage) return null;
  return (
    <div className="page-line">
      {what !== undefined && <span className="soft">{what}</span>}
      <Button disabled={isFetchingNextPage} onClick={() => void fetchNextPage()}>
        {says}
      </Button>
    </div>
  );
}
