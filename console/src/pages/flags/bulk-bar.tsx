import { useState } from 'react';
import type { FeatureFlag } from '../../../../src/protocol/gen/admin-json.js';
import { FloatingBar } from '../../parts/page/floating-bar.js';
import { Button, IconButton } from '../../ui/button.js';
import { ArchiveIcon, BringBackIcon, CloseIcon, TagIcon } from '../../ui/icons.js';
import { words } from '../../words/flags-words.js';
import type { BulkKind } from './bulk-change.js';
import { BulkDialog } from './bulk-dialog.js';
import type { Selection } from './flag-list.js';
import { pickedAgain } from './picked-again.js';

export interface BulkBarProps {
  readonly selection: Selection;
  /** The flags that the list has fetched. */
  readonly all: readonly FeatureFlag[];
  readonly onSelectAll: (flags: readonly FeatureFlag[]) => void;
  /** What is still picked afterwards. */
  readonly onDone: (left: Selection) => void;
}

/** What can be done with all that are picked, at the foot of the page. */
export default function BulkBar({ selection, all, onSelectAll, onDone }: BulkBarProps) {
  const [kind, setKind] = useState<BulkKind>();
  const flags = [...selection.values()];
  const archived = flags.every((flag) => flag.archived === true);
  return (
    <FloatingBar role="toolbar" aria-label={words.flags.selected(selection.size)}>
      <span className="floating-count numbers" role="status">
        {words.flags.selected(selection.size)}
      </span>
      {selection.size < all.length && (
        <Button kind="quiet" onClick={() => onSelectAll(all)}>
          {words.flags.selectAll(all.length)}
        </Button>
      )}
      <Button kind="quiet" icon={<TagIcon aria-hidden />} onClick={() => setKind('tag')}>
        {words.flags.addTag}
      </Button>
      {flags.some(({ tags }) => tags.length > 0) && (
        <Button kind="quiet" icon={<TagIcon aria-hidden />} onClick={() => setKind('untag')}>
          {words.flags.removeTag}
        </Button>
      )}
      {archived ? (
        <Button kind="quiet" icon={<BringBackIcon aria-hidden />} onClick={() => setKind('bring-back')}>
          {words.flags.bring}
        </Button>
      ) : (
        <Button kind="quiet" icon={<ArchiveIcon aria-hidden />} onClick={() => setKind('archive')}>
          {words.flags.archive}
        </Button>
      )}
      <IconButton label={words.flags.unselect} icon={<CloseIcon aria-hidden />} onClick={() => onDone(new Map())} />
      {kind !== undefined && (
        <BulkDialog
          kind={kind}
          flags={flags}
          onClose={(left) => {
            setKind(undefined);
            if (left !== undefined) onDone(pickedAgain(left, all));
          }}
        />
      )}
    </FloatingBar>
  );
}
