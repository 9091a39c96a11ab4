import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useEffect, useId, useRef, useState } from 'react';
import type { FeatureFlag } from '../../../../src/protocol/gen/admin-json.js';
import { Working } from '../../parts/loading/working.js';
import { EffectsPanel } from '../../parts/preview/effects-panel.js';
import { LossesConfirmed, useConfirming } from '../../parts/preview/losses-confirmed.js';
import { Button } from '../../ui/button.js';
import { Dialog } from '../../ui/dialog.js';
import { TextField } from '../../ui/field.js';
import { tell } from '../../ui/toasts.js';
import { words } from '../../words/flags-words.js';
import { type BulkFailure, type BulkKind, changeFlags } from './bulk-change.js';
import { useBulkEffects } from './bulk-effects.js';
import type { LeftFlags } from './picked-again.js';

export interface BulkDialogProps {
  readonly kind: BulkKind;
  readonly flags: readonly FeatureFlag[];
  /** With the flags that are still to be changed; undefined where nothing was tried. */
  readonly onClose: (left?: LeftFlags) => void;
}

const TITLES: Readonly<Record<BulkKind, (n: number) => string>> = {
  tag: words.flags.tagging,
  untag: words.flags.untagging,
  archive: words.flags.archiving,
  'bring-back': words.flags.bringing,
};
const WHAT: Partial<Record<BulkKind, string>> = {
  archive: words.flags.archivingWhat,
  'bring-back': words.flags.bringingWhat,
};
const DOES: Readonly<Record<BulkKind, string>> = {
  tag: words.flags.addTag,
  untag: words.flags.removeTag,
  archive: words.flags.archive,
  'bring-back': words.flags.bring,
};

/** Asks before many flags are changed, by name, and whom that takes one from; shows how far it is, and what could not be changed, and why. */
export function BulkDialog({ kind, flags, onClose }: BulkDialogProps) {
  const [tag, setTag] = useState('');
  const [why, setWhy] = useState('');
  const [done, setDone] = useState<number>();
  const [failures, setFailures] = useState<readonly BulkFailure[]>([]);
  const [untried, setUntried] = useState<readonly FeatureFlag[]>([]);
  const stop = useRef<AbortController>(null);
  // Nothing goes on that nobody sees and can stop.
  useEffect(() => () => stop.current?.abort(), []);
  const queries = useQueryClient();
  const form = useId();
  const needsTag = kind === 'tag' || kind === 'untag';
  const running = done !== undefined && failures.length === 0;
  const { effects, losses, again, stop: stopPreviews } = useBulkEffects(kind, flags);
  const confirming = useConfirming(losses);

  const run = async (): Promise<void> => {
    stopPreviews();
    stop.current = new AbortController();
    setDone(0);
    const { signal } = stop.current;
    const {
      changed,
      failures: failed,
      untried: waiting,
    } = await changeFlags({
      ...{ flags, kind, signal, tag: tag.trim(), comment: why.trim(), onProgress: setDone },
    });
    await queries.invalidateQueries({ queryKey: ['flags'] });
    if (changed > 0) tell({ kind: 'done', title: words.flags.changed(changed) });
    if (failed.length === 0) onClose({ failed: [], untried: waiting });
    else {
      setUntried(waiting);
      setFailures(failed);
    }
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!confirming.confirmed) return;
    run().catch((error: unknown) => tell({ kind: 'failed', title: words.states.failed, what: String(error) }));
  };
  const close = () => {
    if (failures.length > 0) onClose({ failed: failures.map(({ flag }) => flag), untried });
    else if (running) stop.current?.abort();
    else onClose();
  };

  return (
    <Dialog
      open
      mode="alert"
      onClose={close}
      title={TITLES[kind](flags.length)}
      what={WHAT[kind]}
      wide={effects !== undefined}
      actions={
        <>
          <Button onClick={close}>
            {running ? words.flags.stop : failures.length > 0 ? words.dialog.close : words.dialog.cancel}
          </Button>
          {failures.length === 0 && (
            <Button
              kind={kind === 'archive' ? 'danger' : 'primary'}
              type="submit"
              form={form}
              disabled={running || !confirming.confirmed || (needsTag && tag.trim() === '')}
            >
              {DOES[kind]}
            </Button>
          )}
        </>
      }
    >
      {failures.length > 0 ? (
        <Failures failures={failures} untried={untried.length} />
      ) : (
        <form id={form} className="switch-form" onSubmit={submit}>
          {effects === undefined ? (
            <FlagNames flags={flags} />
          ) : (
            <EffectsPanel effects={effects} outdated={false} onAgain={again} onStop={stopPreviews} />
          )}
          {needsTag && <TagField kind={kind} flags={flags} tag={tag} onTag={setTag} />}
          <TextField
            label={words.flags.why}
            value={why}
            maxLength={1_000}
            autoComplete="off"
            onChange={({ target }) => setWhy(target.value)}
          />
          {!running && (
            <LossesConfirmed
              losses={losses}
              confirming={confirming}
              label={words.flags.confirm}
              hint={words.flags.toConfirm}
              does={DOES[kind]}
              onAgain={again}
            />
          )}
        </form>
      )}
      {running && <Working label={DOES[kind]} progress={{ done, of: flags.length }} />}
    </Dialog>
  );
}

/** How many flags are named. */
const MOST_NAMED = 100;

function FlagNames({ flags }: { readonly flags: readonly FeatureFlag[] }) {
  return (
    <ul className="bulk-names" aria-label={words.flags.table}>
      {flags.slice(0, MOST_NAMED).map(({ id, key, name }) => (
        <li key={id}>
          <bdi>{name}</bdi> <code>{key}</code>
        </li>
      ))}
      {flags.length > MOST_NAMED && <li>{words.flags.andMore(flags.length - MOST_NAMED)}</li>}
    </ul>
  );
}

interface TagFieldProps {
  readonly kind: BulkKind;
  readonly flags: readonly FeatureFlag[];
  readonly tag: string;
  readonly onTag: (tag: string) => void;
}

function TagField({ kind, flags, tag, onTag }: TagFieldProps) {
  const list = useId();
  const known = [...new Set(flags.flatMap(({ tags }) => tags))].toSorted();
  return (
    <>
      <TextField
        label={words.flags.tagName}
        value={tag}
        required
        autoComplete="off"
        list={kind === 'untag' ? list : undefined}
        onChange={({ target }) => onTag(target.value)}
      />
      <datalist id={list}>
        {known.map((each) => (
          <option key={each} value={each} />
        ))}
      </datalist>
    </>
  );
}

interface FailuresProps {
  readonly failures: readonly BulkFailure[];
  /** How many were not come to. */
  readonly untried: number;
}

function Failures({ failures, untried }: FailuresProps) {
  return (
    <div role="alert">
      <p>{words.flags.failures(failures.length)}</p>
      <ul className="bulk-failures">
        {failures.map(({ flag, error }) => (
          <li key={flag.id}>
            <code>{flag.key}</code>: {error instanceof Error ? error.message : String(error)}
          </li>
        ))}
      </ul>
      {untried > 0 && <p>{words.flags.untried(untried)}</p>}
    </div>
  );
}
