import type { Attention, GetHealthResponse, Node } from '../../../../../src/protocol/gen/admin-json.js';
import { settingsWords } from '../../../words/settings-words.js';

/** Something that is wrong, in words, and what helps. */
export interface Finding {
  readonly key: string;
  readonly urgent: boolean;
  readonly sentence: string;
  readonly helps: string;
  /** The page on which something can be done about it. */
  readonly tab?: 'dead-letters' | 'webhooks';
}

/** A server that has said nothing for so long may be gone; after a minute it is dropped. */
const SILENT_MS = 25_000;
/** A server asks for what is new every few seconds where notices do not reach it. */
const BEHIND_MS = 30_000;
/** Beyond this what the browser says of how long ago something was is misleading. */
const CLOCK_MS = 60_000;

/** What the overview tells of that is about the deployment itself, and not about its flags. */
const OF_HEALTH: Readonly<Record<string, { readonly urgent: boolean; readonly tab?: 'dead-letters' | 'webhooks' }>> = {
  ATTENTION_KIND_STORE_AWAY: { urgent: true },
  ATTENTION_KIND_NO_WORKER: { urgent: true },
  ATTENTION_KIND_EVENTS_LATE: { urgent: true },
  ATTENTION_KIND_TIMERS_LATE: { urgent: true },
  ATTENTION_KIND_DEAD_LETTERS: { urgent: false, tab: 'dead-letters' },
  ATTENTION_KIND_WEBHOOKS_FAILING: { urgent: false, tab: 'webhooks' },
  ATTENTION_KIND_WEBHOOKS_LATE: { urgent: false, tab: 'webhooks' },
  ATTENTION_KIND_SERVERS_CUT_OFF: { urgent: false },
};

/** What is wrong with a deployment, what is most urgent first: in the server's words, and what only all its servers together show. */
export function findingsOf(
  health: GetHealthResponse,
  attention: readonly Attention[],
  browserMs: number,
): readonly Finding[] {
  const { findings, helps } = settingsWords.health;
  const told = attention.flatMap(({ kind, sentence }) => {
    const of = OF_HEALTH[kind];
    return of === undefined ? [] : [{ key: kind, sentence, helps: helps[kind] ?? '', ...of }];
  });
  const atMs = Date.parse(health.at ?? '');
  const own: Finding[] = [];
  if (!health.store_reachable && told.every(({ key }) => key !== 'ATTENTION_KIND_STORE_AWAY'))
    own.push({ key: 'store', urgent: true, sentence: findings.store, helps: helps.ATTENTION_KIND_STORE_AWAY ?? '' });
  // Of them the overview tells those alone who may read them.
  if (health.dead_letters > 0 && told.every(({ key }) => key !== 'ATTENTION_KIND_DEAD_LETTERS'))
    own.push({
      key: 'letters',
      urgent: false,
      sentence: findings.letters(health.dead_letters),
      helps: helps.letters ?? '',
    });
  const silent = health.nodes.filter((node) => isSilent(node, atMs));
  if (silent.length > 0)
    own.push({ key: 'silent', urgent: true, sentence: findings.silent(idsOf(silent)), helps: helps.silent ?? '' });
  const behind = health.nodes.filter((node) => isBehind(node, health) && !silent.includes(node));
  if (behind.length > 0)
    own.push({ key: 'behind', urgent: true, sentence: findings.behind(idsOf(behind)), helps: helps.behind ?? '' });
  const versions = [...new Set(health.nodes.map(({ version }) => version))].sort();
  if (versions.length > 1)
    own.push({ key: 'versions', urgent: false, sentence: findings.versions(versions), helps: helps.versions ?? '' });
  const overridden = health.nodes.filter((node) => node.test_overrides);
  if (overridden.length > 0)
    own.push({
      key: 'overrides',
      urgent: false,
      sentence: findings.overrides(idsOf(overridden)),
      helps: helps.overrides ?? '',
    });
  if (Math.abs(browserMs - atMs) > CLOCK_MS)
    own.push({ key: 'clock', urgent: false, sentence: findings.clock(browserMs - atMs), helps: helps.clock ?? '' });
  return [...told, ...own].sort((a, b) => Number(b.urgent) - Number(a.urgent));
}

export function isSilent({ seen_at }: Pick<Node, 'seen_at'>, atMs: number): boolean {
  return atMs - Date.parse(seen_at ?? '') > SILENT_MS;
}

/** Whether a server decides by an older configuration than there is, and has had the time to learn of it. */
export function isBehind(node: Pick<Node, 'revision' | 'started_at'>, { revision, at }: GetHealthResponse): boolean {
  return (
    revision > 0 && node.revision < revision && Date.parse(at ?? '') - Date.parse(node.started_at ?? '') > BEHIND_MS
  );
}

function idsOf(nodes: readonly Node[]): readonly string[] {
  return nodes.map(({ id }) => id);
}
