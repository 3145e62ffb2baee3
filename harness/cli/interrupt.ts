import { EXIT } from './terminal.ts';

/** What the first Ctrl-C is answered with. */
export const STOPPING = 'stopping… (Ctrl-C again to stop at once)';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

const endAtOnce = (): never => process.exit(EXIT.interrupted);

/** While there is nothing to finish a signal ends the process; temporary files go all the same, which they do not by themselves. */
export function endOnSignals(): void {
  for (const signal of SIGNALS) process.on(signal, endAtOnce);
}

/**
 * Runs `action` with a signal that says when the user wants it to end. The first Ctrl-C asks it to finish cleanly; the
 * second ends the process at once, which removes temporary files all the same.
 */
export async function interruptible<T>(
  action: (stop: AbortSignal) => Promise<T>,
  onFirst: () => void,
): Promise<T> {
  const controller = new AbortController();
  const onSignal = (): void => {
    if (controller.signal.aborted) endAtOnce();
    onFirst();
    controller.abort();
  };
  const others = SIGNALS.filter((signal) => process.listeners(signal).includes(endAtOnce));
  // One listener comes before the other goes: a signal that has arrived and was not handed over yet is lost with the last one.
  for (const signal of SIGNALS) process.on(signal, onSignal);
  for (const signal of others) process.off(signal, endAtOnce);
  try {
    return await action(controller.signal);
  } finally {
    for (const signal of others) process.on(signal, endAtOnce);
    for (const signal of SIGNALS) process.off(signal, onSignal);
  }
}
