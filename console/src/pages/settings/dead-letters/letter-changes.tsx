import { useQueryClient } from '@tanstack/react-query';
import type { DeadLetter } from '../../../../../src/protocol/gen/admin-json.js';
import { ChangeDialog } from '../../../parts/change-dialog.js';
import { tell } from '../../../ui/toasts.js';
import { settingsWords } from '../../../words/settings-words.js';
import { discardLetters, replayLetters } from './dead-letters.js';

const text = settingsWords.letters;

export interface LetterChangeProps {
  readonly letters: readonly DeadLetter[];
  readonly onClose: () => void;
}

/** Has dead letters processed again, as if they came now. */
export function ReplayLetters({ letters, onClose }: LetterChangeProps) {
  const queries = useQueryClient();
  return (
    <ChangeDialog
      title={text.replaying(letters.length)}
      what={text.replayingWhat}
      does={text.replay}
      onDo={async (comment, run) => {
        const replayed = await replayLetters({ letters, comment, ...run });
        tell({ kind: 'done', title: text.replayed(replayed) });
        await queries.invalidateQueries({ queryKey: ['dead-letters'] });
      }}
      onClose={onClose}
    />
  );
}

/** Gives dead letters up for good, which takes a reason. */
export function DiscardLetters({ letters, onClose }: LetterChangeProps) {
  const queries = useQueryClient();
  return (
    <ChangeDialog
      danger
      whyNeeded
      title={text.discarding(letters.length)}
      what={text.discardingWhat}
      does={text.discard}
      onDo={async (comment, run) => {
        const discarded = await discardLetters({ letters, comment, ...run });
        tell({ kind: 'done', title: text.discarded(discarded) });
        await queries.invalidateQueries({ queryKey: ['dead-letters'] });
      }}
      onClose={onClose}
    />
  );
}
