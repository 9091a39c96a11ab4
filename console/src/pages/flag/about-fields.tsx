import { useState } from 'react';
import type { FlagContent } from '../../draft/flag/flag-content.js';
import type { DraftAction } from '../../draft/flag/flag-draft.js';
import { Tick } from '../../parts/change-dialog.js';
import { Button } from '../../ui/button.js';
import { TextArea, TextField } from '../../ui/field.js';
import { ArchiveIcon, BringBackIcon } from '../../ui/icons.js';
import { words } from '../../words/flag-parts-words.js';

export interface AboutFieldsProps {
  readonly flag: FlagContent;
  /** How many other things depend on the flag: while there are some the server keeps it from being archived. */
  readonly dependents: number;
  readonly mayChange: boolean;
  readonly onAction: (action: DraftAction) => void;
}

/** What the flag is called, who looks after it, who may know of it, and whether it is put away. */
export function AboutFields({ flag, dependents, mayChange, onAction }: AboutFieldsProps) {
  const [typedTags, setTypedTags] = useState<string>();
  const set = (fields: Partial<Pick<FlagContent, 'name' | 'description' | 'owner' | 'tags'>>) =>
    onAction({ kind: 'set', fields, typing: { atMs: performance.now() } });
  const stands = typedTags !== undefined && tagsIn(typedTags).join() === flag.tags.join();
  const text = words.flagParts;
  return (
    <section className="about" aria-label={words.flag.about}>
      <h2>{words.flag.about}</h2>
      <TextField
        label={words.flag.fields.name}
        value={flag.name}
        maxLength={255}
        autoComplete="off"
        disabled={!mayChange}
        onChange={({ target }) => set({ name: target.value })}
      />
      <TextArea
        label={words.flag.fields.description}
        value={flag.description}
        maxLength={10_000}
        disabled={!mayChange}
        onChange={({ target }) => set({ description: target.value })}
      />
      <TextField
        label={words.flag.fields.owner}
        value={flag.owner}
        maxLength={255}
        autoComplete="off"
        disabled={!mayChange}
        onChange={({ target }) => set({ owner: target.value })}
      />
      <TextField
        label={words.flag.fields.tags}
        hint={words.flag.tagsHint}
        value={stands ? typedTags : flag.tags.join(', ')}
        autoComplete="off"
        disabled={!mayChange}
        onChange={({ target }) => {
          setTypedTags(target.value);
          set({ tags: tagsIn(target.value) });
        }}
      />
      <fieldset className="ticks about-seen">
        <legend className="unseen">{text.seen}</legend>
        <Tick
          label={text.visible}
          hint={text.visibleWhat}
          checked={flag.client_visible}
          disabled={!mayChange}
          onTick={(client_visible) => onAction({ kind: 'set', fields: { client_visible } })}
        />
        <Tick
          label={text.delegated}
          hint={text.delegatedWhat}
          checked={flag.delegated}
          disabled={!mayChange}
          onTick={(delegated) => onAction({ kind: 'set', fields: { delegated } })}
        />
      </fieldset>
      {mayChange && (
        <div className="about-archive">
          <p className="field-hint">
            {flag.archived ? text.bringWhat : dependents > 0 ? text.archiveUsed(dependents) : text.archiveWhat}
          </p>
          <Button
            icon={flag.archived ? <BringBackIcon aria-hidden /> : <ArchiveIcon aria-hidden />}
            disabled={!flag.archived && dependents > 0}
            onClick={() => onAction({ kind: 'set', fields: { archived: !flag.archived } })}
          >
            {flag.archived ? text.bring : text.archive}
          </Button>
        </div>
      )}
    </section>
  );
}

function tagsIn(text: string): readonly string[] {
  const tags = text.split(',').map((tag) => tag.trim());
  return [...new Set(tags.filter((tag) => tag !== ''))];
}
