import type { Gate } from './context.ts'

/** At most `places` pieces of work at a time; the others wait in line. A turn of the loop lies between two of them. */
export function createGate(places: number): Gate {
  const line: (() => void)[] = []
  let free = places

  async function enter(): Promise<void> {
    if (free > 0) {
      free--
      return
    }
    await new Promise<void>(resolve => line.push(resolve))
  }

  /** The place goes straight to the next in line, after everything else that the loop has to do. */
  function leave(): void {
    const next = line.shift()
    if (next)
      setImmediate(next)
    else
      free++
  }

  return {
    async pass(work) {
      await enter()
      try {
        return await work()
      }
      finally {
        leave()
      }
    },
  }
}
