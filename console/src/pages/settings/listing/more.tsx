import { Button } from '../../../ui/button.js';
import { settingsWords } from '../../../words/settings-words.js';

export interface MoreProps {
  readonly hasNextPage: boolean;
  readonly fetchNextPage: () => Promise<unknown>;
  readonly isFetchingNextPage: boolean;
  /** What is not shown yet. */
  readonly what?: string;
}

/** Shows the next page of a list, where there is one. */
export function More({ hasNextPage, fetchNextPage, isFetchingNextPage, what }: MoreProps) {
  if (!hasNextPage) return null;
  return (
    <div className="page-line">
      {what !== undefined && <span className="soft">{what}</span>}
      <Button disabled={isFetchingNextPage} onClick={() => void fetchNextPage()}>
        {settingsWords.more}
      </Button>
    </div>
  );
}
