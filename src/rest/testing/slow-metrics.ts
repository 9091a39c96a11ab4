/** Metrics that take until `release` is called, for a request in flight. */
export function slowMetrics() {
  let release = (): void => undefined;
  let entered = (): void => undefined;
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const inFlight = new Promise<void>((resolve) => {
    entered = resolve;
  });
  const metrics = async (): Promise<string> => {
    entered();
    await held;
    return 'done';
  };
  return { options: { metrics }, release, inFlight };
}
