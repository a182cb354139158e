export type StopPart = () => void | Promise<void>

export interface Parts {
  add: (stop: StopPart) => void
  /** Stops what was added, the newest first, each part once and whatever becomes of the others. Idempotent. */
  stop: () => Promise<void>
}

/** What has been started, in order. */
export function createParts(): Parts {
  const started: StopPart[] = []
  let stopping: Promise<void> | null = null
  return {
    add: stop => void started.push(stop),
    stop: () => stopping ??= stopAll(started),
  }
}

async function stopAll(started: StopPart[]): Promise<void> {
  const failures: unknown[] = []
  for (let stop = started.pop(); stop; stop = started.pop()) {
    try {
      await stop()
    }
    catch (error) {
      failures.push(error)
    }
  }
  if (failures.length > 0)
    throw failures.length === 1 ? failures[0] : new AggregateError(failures, 'several parts did not stop in order')
}
