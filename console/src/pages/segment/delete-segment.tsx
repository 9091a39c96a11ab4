import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { Segment } from '../../../../src/protocol/gen/admin-json.js';
import { call } from '../../api/api.js';
import { ChangeDialog } from '../../parts/change-dialog.js';
import { useMay } from '../../parts/page/session-context.js';
import { Button } from '../../ui/button.js';
import { RemoveIcon } from '../../ui/icons.js';
import { tell } from '../../ui/toasts.js';
import { words } from '../../words/segments-words.js';

export interface DeleteSegmentProps {
  readonly segment: Segment;
  /** In how many places it is referred to; undefined while that is not known. */
  readonly used: number | undefined;
  readonly onDeleted: () => void;
}

/** Removes a segment to which nothing refers; says why not where something does. */
export function DeleteSegment({ segment: { key, id, version }, used, onDeleted }: DeleteSegmentProps) {
  const { remove: text } = words.segments;
  const queries = useQueryClient();
  const [asking, setAsking] = useState(false);
  if (!useMay('DeleteSegment')) return null;
  return (
    <div className="segment-delete">
      <Button kind="quiet" icon={<RemoveIcon aria-hidden />} disabled={used !== 0} onClick={() => setAsking(true)}>
        {text.button}
      </Button>
      {used !== undefined && used > 0 && <p className="soft">{text.used(used)}</p>}
      {asking && (
        <ChangeDialog
          title={text.title(key)}
          what={text.what}
          does={text.does}
          danger
          onClose={() => setAsking(false)}
          onDo={async (comment) => {
            await call('DELETE /api/admin/segments/{segment_key}', {
              path: { segment_key: key },
              query: { expected_version: version, id, ...(comment === '' ? {} : { comment }) },
            });
            void queries.invalidateQueries({ queryKey: ['segments'] });
            tell({ kind: 'done', title: text.done(key) });
            onDeleted();
          }}
        />
      )}
    </div>
  );
}
