import type { RunUsage } from '@agentos/server/domain/views/run'

export interface UsageShown {
  newest: RunUsage
  /** The sample before it, for CPU per cent; null with the first. */
  before: RunUsage | null
  /** When it came, by this machine's clock. */
  receivedAt: number
  /** The most of each that was seen. */
  peak: { memoryBytes: number, processes: number, diskBytes: number | null }
}

/** Keeps the two newest samples and the peaks of all. */
export function createUsageIntake(): { take: (sample: RunUsage, receivedAt: number) => UsageShown } {
  let shown: UsageShown | null = null
  return {
    take(sample, receivedAt) {
      const peak = shown?.peak
      // The same one again, after the connection was lost: it is no second sample.
      const before = shown?.newest.at === sample.at ? shown.before : shown?.newest ?? null
      shown = {
        newest: sample,
        before,
        receivedAt,
        peak: {
          memoryBytes: Math.max(peak?.memoryBytes ?? 0, sample.memoryBytes),
          processes: Math.max(peak?.processes ?? 0, sample.processes),
          diskBytes: sample.diskBytes === null ? peak?.diskBytes ?? null : Math.max(peak?.diskBytes ?? 0, sample.diskBytes),
        },
      }
      return shown
    },
  }
}
