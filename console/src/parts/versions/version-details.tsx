import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { DiffVersionsResponse, Version } from '../../../../src/protocol/gen/admin-json.js';
import { isAbsent } from '../../api/api-error.js';
import { Button } from '../../ui/button.js';
import { Select } from '../../ui/field.js';
import { UndoIcon, UnknownIcon } from '../../ui/icons.js';
import { Notice, Patiently, Skeleton, Snippet } from '../../ui/page-states.js';
import { missingWords } from '../../words/missing-words.js';
import { words } from '../../words/versions-words.js';
import { Failure } from '../page/failure.js';
import { useOneAtATime } from '../use-one-at-a-time.js';
import { FieldChanges } from './field-changes.js';
import type { VersionSource } from './version-source.js';

export interface VersionDetailsProps {
  readonly source: VersionSource;
  readonly version: number;
  /** The version that it is held against; without it, the one before. */
  readonly to: number | undefined;
  /** The version that is there now. */
  readonly now: number;
  /** Those that can be chosen, newest first. */
  readonly known: readonly number[];
  readonly onTo: (to: number | undefined) => void;
  readonly onRestore: ((version: Version) => void) | undefined;
}

/** What a version changed, or how it differs from another: in words, field by field, and whole as JSON. */
export function VersionDetails({ source, version, to, now, known, onTo, onRestore }: VersionDetailsProps) {
  const [json, setJson] = useState(false);
  const { data, error, refetch } = useQuery({
    queryKey: [...source.queryKey, 'diff', version, to],
    queryFn: ({ signal }) => source.diff(version, to, signal),
    placeholderData: keepPreviousData,
  });
  const restore = useOneAtATime(
    {
      mutationFn: () => source.one(version),
      onSuccess: (whole) => {
        if (whole !== undefined) onRestore?.(whole);
      },
    },
    { repeatable: true },
  );
  // Of one that is not kept there is nothing to hold against another, to show or to restore.
  if (isAbsent(error))
    return (
      <Notice role="status" icon={<UnknownIcon />} title={missingWords.version}>
        <p>{error.message}</p>
      </Notice>
    );
  const others = [...new Set([now, ...known, ...(to === undefined ? [] : [to])])].filter((each) => each !== version);
  return (
    <div className="version-details">
      <div className="version-against">
        <span aria-hidden>{words.versions.against}</span>
        <Select
          label={words.versions.against}
          value={to === undefined ? '' : String(to)}
          options={[
            { value: '', label: words.versions.before },
            ...others.map((each) => ({
              value: String(each),
              label: each === now ? words.versions.withNow(each) : words.versions.with(each),
            })),
          ]}
          onChoose={(chosen) => onTo(chosen === '' ? undefined : Number(chosen))}
        />
      </div>
      {data !== undefined ? (
        <Difference diff={data} />
      ) : error !== null ? (
        <Failure error={error} onAgain={() => void refetch()} />
      ) : (
        <Patiently>
          <Skeleton width="60%" />
        </Patiently>
      )}
      {json && <WholeVersion source={source} version={version} />}
      <div className="version-foot">
        <Button aria-expanded={json} onClick={() => setJson(!json)}>
          {json ? words.versions.jsonLess : words.versions.json}
        </Button>
        {onRestore !== undefined && version !== now && (
          <Button icon={<UndoIcon aria-hidden />} disabled={restore.isPending} onClick={() => restore.mutate()}>
            {words.versions.restore}
          </Button>
        )}
        {restore.error !== null && (
          <p className="field-fault" role="alert">
            {restore.error.message}
          </p>
        )}
      </div>
    </div>
  );
}

function Difference({ diff }: { readonly diff: DiffVersionsResponse }) {
  const { from_version: from, to_version: to, changes } = diff;
  const title =
    from === 0
      ? words.versions.first(to)
      : from === to - 1
        ? words.versions.changed(to)
        : words.versions.between(from, to);
  return (
    <section className="version-difference" aria-label={title}>
      <h2>{title}</h2>
      {diff.words.length > 0 && (
        <ul className="version-words" aria-label={words.versions.inWords}>
          {diff.words.map((line) => (
            <li key={line}>
              <bdi>{line}</bdi>
            </li>
          ))}
        </ul>
      )}
      {changes.length === 0 ? <p>{words.versions.same}</p> : <FieldChanges changes={changes} />}
    </section>
  );
}

function WholeVersion({ source, version }: { readonly source: VersionSource; readonly version: number }) {
  const { data, error } = useQuery({
    queryKey: [...source.queryKey, 'one', version],
    queryFn: ({ signal }) => source.one(version, signal),
  });
  if (error !== null) return <Failure error={error} />;
  if (data === undefined) return null;
  const state = data.flag ?? data.segment ?? data.stages ?? data.roles;
  return <Snippet label={words.versions.jsonOf(version)} text={JSON.stringify(state, undefined, 2)} />;
}
