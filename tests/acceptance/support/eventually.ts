/** What comes about by itself takes its time on a busy machine. */
const PATIENCE_MS = 120_000;

/** Tries until it succeeds. */
export async function eventually<T>(work: () => Promise<T>): Promise<T> {
  const patience = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (performance.now() > patience) {
        throw error;
      }
    }
  }
}
