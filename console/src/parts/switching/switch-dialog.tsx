import { useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useState } from 'react';
import type { FeatureFlag, Version } from '../../../../src/protocol/gen/admin-json.js';
import { call } from '../../api/api.js';
import { tagOfFlag } from '../../api/flag-tag.js';
import { tell } from '../../ui/toasts.js';
import { words as flagWords } from '../../words/flag-words.js';
import { words } from '../../words/switch-words.js';
import { ReviewFrame } from '../drafting/review-frame.js';
import { actorTo } from '../ledger/entry-text.js';
import { useMay, useSession } from '../page/session-context.js';
import { PreviewPanel } from '../preview/preview-panel.js';
import { lossesIn, previewOf, usePreview } from '../preview/preview-stream.js';
import { withLocalInstants } from '../time/instant.js';
import { Moment } from '../time/moment.js';
import { versionsOfFlag } from '../versions/version-source.js';

export interface SwitchDialogProps {
  /** As it was when somebody asked to switch it. */
  readonly flag: FeatureFlag;
  /** Whether it is to be on. */
  readonly to: boolean;
  readonly onClose: () => void;
}

/** Asks before a flag is switched off or on: says who gains it and who loses it, as every other change of a flag does. */
export default function SwitchDialog({ flag: shown, to, onClose }: SwitchDialogProps) {
  const { switching } = words;
  const [flag, setFlag] = useState(shown);
  const [stopped, setStopped] = useState(false);
  const { overtaken, overtake } = useOvertaken(flag.key);
  const mayPreview = useMay('PreviewRule');
  const { preview, outdated, start, stop } = usePreview(flag.key, { renewed: mayPreview });
  const input = previewOf({ flag: { key: flag.key, active: to } }, 'KEEP');
  const again = useCallback(() => {
    setStopped(false);
    void start(input);
  }, [start, input]);
  useEffect(() => {
    if (mayPreview) again();
  }, [mayPreview, again]);
  const queries = useQueryClient();
  const known = preview?.of === input && !outdated ? preview : undefined;
  const close = (title: string) => {
    for (const about of [['flags'], ['flag', flag.key], ['user'], ['try']])
      void queries.invalidateQueries({ queryKey: about });
    tell({ kind: 'done', title });
    onClose();
  };
  const save = async (comment: string) => {
    const request = { path: { flag: flag.key }, query: { comment }, body: { active: to }, ifMatch: tagOfFlag(flag) };
    await call('PATCH /api/admin/flags/{flag}', request);
    close(switching.done(flag.key, to));
  };
  const onConflict = async () => {
    void queries.invalidateQueries({ queryKey: ['flags'] });
    const present = await overtake();
    if (present === undefined) return;
    if (present.active === to) return close(switching.already(flag.key, to));
    // What was found out was about what is there no more.
    setFlag(present);
    if (mayPreview) again();
  };
  return (
    <ReviewFrame
      title={switching.title(flag.key, to)}
      what={switching.what(to)}
      does={switching.does(to)}
      danger={!to}
      losses={mayPreview ? lossesIn(known, stopped) : 'unknown'}
      onAskAgain={mayPreview ? again : undefined}
      asks={flagWords.flag}
      whyAtFirst=""
      // It is one field that is switched, which the title names.
      placeOf={() => undefined}
      onSave={save}
      onConflict={() => void onConflict()}
      onClose={onClose}
      effects={
        <>
          {overtaken !== undefined && <Overtaken by={overtaken} />}
          {preview !== undefined && (
            <PreviewPanel
              preview={preview}
              outdated={known === undefined}
              onAgain={again}
              onStop={() => {
                stop();
                setStopped(true);
              }}
            />
          )}
        </>
      }
    >
      <li>
        {to ? switching.future : switching.present}: {withLocalInstants(flag.sentence)}
      </li>
    </ReviewFrame>
  );
}

/** Who has changed a flag meanwhile; null where nobody can say. */
type Overtaker = Version | null;

/** Finds out how a flag is once somebody has changed it, and who has. */
function useOvertaken(flag: string) {
  const [overtaken, setOvertaken] = useState<Overtaker>();
  const mayRead = useMay('ListVersions');
  const overtake = async (): Promise<FeatureFlag | undefined> => {
    setOvertaken(null);
    try {
      const { signal } = new AbortController();
      const [present, versions] = await Promise.all([
        call('GET /api/admin/flags/{flag}', { path: { flag }, signal }),
        mayRead ? versionsOfFlag(flag).list('', signal) : undefined,
      ]);
      setOvertaken(versions?.versions[0] ?? null);
      return present.flag;
    } catch {
      // That somebody has changed it is told all the same; trying again finds out the rest.
      return undefined;
    }
  };
  return { overtaken, overtake };
}

function Overtaken({ by }: { readonly by: Overtaker }) {
  const { switching } = words;
  const session = useSession();
  return (
    <div className="review-refused" role="alert">
      <p>
        {by === null ? (
          switching.changedBySomebody
        ) : (
          <>
            <bdi>{switching.changedBy(actorTo(session, by))}</bdi>, <Moment at={by.at} />
            {by.comment !== '' && <bdi>: {by.comment}</bdi>}.
          </>
        )}{' '}
        {switching.lookAgain}
      </p>
    </div>
  );
}
