/**
 * A circle in a directed graph, as the path from a node back to itself (`['a', 'b', 'a']`); undefined when there is none.
 * Edges to nodes that the graph does not have are left out. The graph may be of any depth: the search does not recurse.
 */
export function findCircle(graph: ReadonlyMap<string, readonly string[]>): readonly string[] | undefined {
  const done = new Set<string>();
  for (const start of graph.keys()) {
    const circle = done.has(start) ? undefined : findCircleFrom(start, graph, done);
    if (circle !== undefined) return circle;
  }
  return undefined;
}

function findCircleFrom(
  start: string,
  graph: ReadonlyMap<string, readonly string[]>,
  done: Set<string>,
): readonly string[] | undefined {
  const path = [start];
  const places = new Map([[start, 0]]);
  const edges = [(graph.get(start) ?? []).values()];
  for (;;) {
    const open = edges.at(-1);
    if (open === undefined) return undefined;
    const step = open.next();
    if (step.done === true) {
      edges.pop();
      const left = path.pop()!;
      places.delete(left);
      done.add(left);
      continue;
    }
    const place = places.get(step.value);
    if (place !== undefined) return [...path.slice(place), step.value];
    if (done.has(step.value)) continue;
    places.set(step.value, path.length);
    path.push(step.value);
    edges.push((graph.get(step.value) ?? []).values());
  }
}
