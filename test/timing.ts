/** Resolves after `ms`. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Resolves with the milliseconds it took once `condition` holds; rejects after `limitMs`. */
export async function until(condition: () => boolean | Promise<boolean>, limitMs = 10_000): Promise<number> {
  const start = performance.now();
  while (!(await condition())) {
    if (performance.now() - start > limitMs) {
      throw new Error(`did not become so within ${limitMs} ms: ${condition}`);
    }
    await pause(10);
  }
  return performance.now() - start;
}
