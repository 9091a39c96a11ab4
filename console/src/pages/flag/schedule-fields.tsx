import { useState } from 'react';
import type { FlagContent } from '../../draft/flag/flag-content.js';
import type { DraftAction } from '../../draft/flag/flag-draft.js';
import { instantOf, localOf, offsetName } from '../../draft/values/schedule.js';
import { ZONE } from '../../parts/time/local-instant-field.js';
import { Button } from '../../ui/button.js';
import { TextField } from '../../ui/field.js';
import { words } from '../../words/flag-words.js';

export interface ScheduleFieldsProps {
  readonly flag: FlagContent;
  readonly mayChange: boolean;
  readonly onAction: (action: DraftAction) => void;
}

/** From when, and until when, the flag may be on. */
export function ScheduleFields({ flag, mayChange, onAction }: ScheduleFieldsProps) {
  return (
    <div className="schedule">
      {(['starts_at', 'ends_at'] as const).map((field) => (
        <InstantField
          key={field}
          label={field === 'starts_at' ? words.flag.from : words.flag.until}
          at={flag[field]}
          disabled={!mayChange}
          onAt={(at) => onAction({ kind: 'set', fields: { [field]: at }, typing: { atMs: performance.now() } })}
        />
      ))}
      <p className="field-hint schedule-zone">{words.flag.zone(`${ZONE} (UTC${offsetName(Date.now(), ZONE)})`)}</p>
    </div>
  );
}

interface InstantFieldProps {
  readonly label: string;
  /** RFC 3339, in UTC; null without. */
  readonly at: string | null;
  readonly disabled: boolean;
  readonly onAt: (at: string | null) => void;
}

function InstantField({ label, at, disabled, onAt }: InstantFieldProps) {
  // What was typed, and what it was read as: `0202` on the way to a year is no instant yet, and 02:30 may be shown for 03:30.
  const [typed, setTyped] = useState<{ readonly text: string; readonly at: string | null }>();
  const [unfinished, setUnfinished] = useState(false);
  const stands = typed !== undefined && typed.at === at;
  const text = stands ? typed.text : at === null ? '' : localOf(Date.parse(at), ZONE);
  const read = text === '' ? undefined : instantOf(text, ZONE);
  const type = (local: string, partial: boolean): void => {
    const found = local === '' ? undefined : instantOf(local, ZONE);
    // A field that is half empty says that it is empty: that is no word to take the instant away.
    const isFault = partial || found?.kind === 'fault';
    setUnfinished(partial);
    if (isFault || found === undefined) {
      setTyped({ text: local, at: isFault ? at : null });
      if (!isFault) onAt(null);
      return;
    }
    const instant = found.kind === 'once' ? found.instant : found.kind === 'twice' ? found.earlier : found.later;
    const written = new Date(instant).toISOString();
    setTyped({ text: local, at: written });
    onAt(written);
  };
  const isFault = stands && (unfinished || read?.kind === 'fault');
  const other = at === null || isFault || read?.kind !== 'twice' ? undefined : otherOf(read, Date.parse(at));
  return (
    <div className="schedule-instant">
      <TextField
        label={label}
        type="datetime-local"
        value={text}
        title={at ?? undefined}
        disabled={disabled}
        max="9999-12-31T23:59"
        fault={isFault ? words.flag.noTime : undefined}
        hint={at === null || isFault ? undefined : hintOf(text, Date.parse(at))}
        onChange={({ target }) => type(target.value, target.validity.badInput)}
      />
      {other !== undefined && (
        <Button kind="quiet" disabled={disabled} onClick={() => onAt(new Date(other.instant).toISOString())}>
          {other.isLater ? words.flag.takeLater : words.flag.takeEarlier}
        </Button>
      )}
    </div>
  );
}

/** The other instant at which the clocks show the same. */
function otherOf({ earlier, later }: { readonly earlier: number; readonly later: number }, at: number) {
  return at === later ? { instant: earlier, isLater: false } : { instant: later, isLater: true };
}

/** Which instant a reading of the clocks is, where that is not plain. */
function hintOf(text: string, at: number): string {
  const read = instantOf(text, ZONE);
  const offset = offsetName(at, ZONE);
  if (read.kind === 'skipped') return words.flag.skipped(`${localOf(at, ZONE).slice(11)} (UTC${offset})`);
  if (read.kind === 'twice') return words.flag.twice[at === read.later ? 'later' : 'earlier'](offset);
  return words.flag.offset(offset);
}
