/**
 * Calls that come while one is under way go together with the next: one trip for many. Each resolves to its own answer; when `act`
 * rejects, all of that trip do.
 */
export function gather<T, R>(act: (items: T[]) => Promise<R[]>, most: number): (item: T) => Promise<R> {
  const waiting: { item: T, resolve: (answer: R) => void, reject: (error: unknown) => void }[] = []
  let isRunning = false

  async function run(): Promise<void> {
    await Promise.resolve() // what else is asked in this turn of the loop comes along
    while (waiting.length > 0) {
      const batch = waiting.splice(0, most)
      try {
        const answers = await act(batch.map(({ item }) => item))
        batch.forEach(({ resolve }, index) => resolve(answers[index]!))
      }
      catch (error) {
        batch.forEach(({ reject }) => reject(error))
      }
    }
    isRunning = false
  }

  return (item) => {
    const { promise, resolve, reject } = Promise.withResolvers<R>()
    waiting.push({ item, resolve, reject })
    if (!isRunning) {
      isRunning = true
      void run()
    }
    return promise
  }
}
