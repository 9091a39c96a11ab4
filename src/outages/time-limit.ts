/**
 * The result of `work`, or what `late` gives or throws when it takes longer than `limitMs`. The work itself is not stopped,
 * but its result or failure is then ignored.
 */
export async function withTimeLimit<T, Late>(limitMs: number, work: Promise<T>, late: () => Late): Promise<T | Late> {
  const { promise: timeIsUp, resolve: giveUp } = Promise.withResolvers<undefined>();
  // A process that was itself held up reads first what has arrived meanwhile.
  const timer = setTimeout(() => setImmediate(() => giveUp(undefined)), Math.max(0, limitMs));
  try {
    const first = await Promise.race([work.then((result) => ({ result })), timeIsUp]);
    return first === undefined ? late() : first.result;
  } finally {
    clearTimeout(timer);
  }
}
