/**
 * A circle that can be reached from these nodes, as the path from a node back to itself (`['a', 'b', 'a']`); undefined when
 * there is none. `next` gives where a node's edges lead and is asked once for each node. The graph may be of any depth: the
 * search does not recurse.
 */
export function findCircle(starts: Iterable<string>, next: (node: string) => Iterable<string>): string[] | undefined {
  const done = new Set<string>();
  for (const start of starts) {
    const circle = done.has(start) ? undefined : findCircleFrom(start, next, done);
    if (circle !== undefined) return circle;
  }
  return undefined;
}

function findCircleFrom(
  start: string,
  next: (node: string) => Iterable<string>,
  done: Set<string>,
): string[] | undefined {
  const path = [start];
  const places = new Map([[start, 0]]);
  const edges = [next(start)[Symbol.iterator]()];
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
    edges.push(next(step.value)[Symbol.iterator]());
  }
}
