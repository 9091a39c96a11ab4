import type { Requirement } from '../../../../src/protocol/gen/admin-json.js';
import { DoneIcon, OffIcon } from '../../ui/icons.js';
import { words } from '../../words/ladder-words.js';
import { Moment } from '../time/moment.js';
import { operatorText, valueText } from './value-words.js';
import './ladder.css';

/** The conditions of a rule as they stand for somebody: what is met, how far the rest is, and when time will have it met. */
export function RequirementTree({ node }: { readonly node: Requirement }) {
  return (
    <ul className="tree">
      <Node node={node} />
    </ul>
  );
}

function Node({ node: whole }: { readonly node: Requirement }) {
  const { tree } = words.ladder;
  const node = alone(whole);
  const Icon = node.met ? DoneIcon : OffIcon;
  const group = groupName(node);
  return (
    <li className="tree-node" data-met={node.met ? '' : undefined}>
      <div className="tree-line">
        <Icon aria-hidden />
        <span className="unseen">{node.met ? tree.met : tree.unmet}: </span>
        <span className="tree-label">
          {[node.label, group].filter((text) => text !== '').join(' · ') || tree.untold}
        </span>
        {group === '' && <Standing node={node} />}
        {node.nearest && <span className="tree-note">{tree.nearest}</span>}
        {node.met_at !== undefined && !node.met && node.children.length === 0 && (
          <span className="tree-note">
            {tree.metAt} <Moment at={node.met_at} />
          </span>
        )}
        <Notes node={node} />
      </div>
      {node.children.length > 0 && (
        <ul className="tree">
          {node.children.map((child, i) => (
            <Node key={i} node={child} />
          ))}
        </ul>
      )}
    </li>
  );
}

/** What a group without a name stands for that has one member: that. Not what is denied by being in it. */
function alone(node: Requirement): Requirement {
  const [only, ...more] = node.children;
  const isNameless = node.label === '' && (node.group === 'ALL' || node.group === 'ANY');
  return isNameless && only !== undefined && more.length === 0 ? alone(only) : node;
}

function groupName({ group }: Requirement): string {
  const { tree } = words.ladder;
  return { GROUP_UNSPECIFIED: '', ALL: tree.all, ANY: tree.any, NOT: tree.not }[group];
}

/** How a comparison stands: `4 of 7` with a bar where it counts, what is there and what is needed where it does not. */
function Standing({ node }: { readonly node: Requirement }) {
  const { tree } = words.ladder;
  if (node.fact === '') return null;
  if (node.remaining !== undefined)
    return (
      <>
        <span className="numbers">{tree.of(valueText(node.current ?? 0), valueText(node.target))}</span>
        <Progress value={node.progress} label={node.label} />
        {node.remaining > 0 && <span className="tree-note numbers">{tree.toGo(node.remaining)}</span>}
      </>
    );
  if (typeof node.target === 'boolean' && node.operator === 'equal') return null;
  return (
    <span className="tree-values">
      {tree.needs(operatorText(node.operator), valueText(node.target))}, {tree.now(valueText(node.current))}
    </span>
  );
}

function Notes({ node: { usage, breaks_at, counted_since, capped } }: { readonly node: Requirement }) {
  const { tree } = words.ladder;
  return (
    <>
      {usage !== undefined && <span className="tree-note numbers">{tree.left(usage.remaining)}</span>}
      {breaks_at !== undefined && (
        <span className="tree-note">
          {tree.breaks} <Moment at={breaks_at} />
        </span>
      )}
      {counted_since !== undefined && (
        <span className="tree-note">
          {tree.since} <Moment at={counted_since} distance={false} />
        </span>
      )}
      {capped && <span className="tree-note">{tree.capped}</span>}
    </>
  );
}

/** How far something is, 0 to 1. */
export function Progress({ value, label }: { readonly value: number; readonly label: string }) {
  return <progress className="progress" value={value} max={1} aria-label={words.ladder.tree.progress(label)} />;
}
