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
