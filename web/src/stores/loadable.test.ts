import { expect, it } from 'vitest'
import { createLoadable } from './loadable.ts'

it('keeps what it has while it fetches again, and after a failure', async () => {
  const answers = [() => Promise.resolve(1), () => Promise.reject(new Error('no database'))]
  const loadable = createLoadable(() => answers.shift()!())
  await loadable.load()
  const again = loadable.load()
  expect(loadable.data.value).toBe(1)
  expect(loadable.busy.value).toBe(true)
  await again
  expect(loadable.data.value).toBe(1)
  expect(loadable.problem.value).toBe('no database')
  expect(loadable.busy.value).toBe(false)
})

it('takes the answer to the last question, whichever comes first', async () => {
  const waiting: ((value: string) => void)[] = []
  const loadable = createLoadable(() => new Promise<string>(resolve => waiting.push(resolve)))
  const first = loadable.load()
  const second = loadable.load()
  waiting[1]!('new')
  await second
  waiting[0]!('old')
  await first
  expect(loadable.data.value).toBe('new')
})
