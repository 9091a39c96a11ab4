/** Finds circles in a graph: none exactly when there is none. Each is a path that ends where it began. */
export function findCircles(edges: ReadonlyMap<string, readonly string[]>): string[][] {
  const finished = new Set<string>();
  const circles: string[][] = [];

  const visit = (node: string, path: readonly string[]): void => {
    const start = path.indexOf(node);
    if (start !== -1) {
      circles.push([...path.slice(start), node]);
      return;
    }
    if (finished.has(node)) {
      return;
    }
    for (const target of edges.get(node) ?? []) {
      visit(target, [...path, node]);
    }
    finished.add(node);
  };

  for (const node of edges.keys()) {
    visit(node, []);
  }
  return circles;
}

/**
 * The pairs of folders that import each other. A folder stands for all that is below it, seen from a folder beside it or
 * beside one of its parents; seen from a folder within it, for the files that lie in it directly. The root of the sources
 * is no folder of these: it holds what starts everything.
 */
export function findMutualFolders(edges: ReadonlyMap<string, readonly string[]>): [string, string][] {
  const known = new Set(edges.keys());
  const imports = new Set<string>();
  for (const [from, targets] of edges) {
    for (const to of targets.filter((target) => known.has(target))) {
      for (const [one, other] of folderPairs(from, to)) {
        imports.add(`${one} ${other}`);
      }
    }
  }
  return [...imports]
    .toSorted((one, other) => (one < other ? -1 : 1))
    .map((pair) => pair.split(' ') as [string, string])
    .filter(([one, other]) => one < other && imports.has(`${other} ${one}`));
}

/** Every pair of folders between which an import runs, at each level below the folder that both files share. */
function folderPairs(from: string, to: string): [string, string][] {
  const [ones, others] = [foldersOf(from), foldersOf(to)];
  let shared = 0;
  while (shared < ones.length && ones[shared] === others[shared]) {
    shared += 1;
  }
  // A file of the shared folder itself stands for that folder.
  const [left, right] = [ones.slice(shared), others.slice(shared)];
  const common = ones[shared - 1];
  if (common === undefined || (left.length === 0 && right.length === 0)) {
    return [];
  }
  const lefts = left.length === 0 ? [common] : left;
  const rights = right.length === 0 ? [common] : right;
  return lefts.flatMap((one) => rights.map((other): [string, string] => [one, other]));
}

/** `src/a/b/c.ts` lies in `src/a` and in `src/a/b`. */
function foldersOf(path: string): string[] {
  const parts = path.split('/').slice(0, -1);
  return parts.slice(1).map((_, index) => parts.slice(0, index + 2).join('/'));
}
