import { setImmediate as turn } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { createRounds } from './rounds.ts'

it('wakes everybody who listens, and nobody who has left', async () => {
  const woken: number[] = []
  const rounds = createRounds(() => {})
  const stops = Array.from({ length: 250 }, (_, index) => rounds.listen(() => void woken.push(index)))
  stops[249]!()
  rounds.ring()
  while (woken.length < 249)
    await turn()
  expect(woken).toEqual(Array.from({ length: 249 }, (_, index) => index))
})

it('wakes one who is alone at once', () => {
  let count = 0
  const rounds = createRounds(() => {})
  rounds.listen(() => void count++)
  rounds.ring()
  expect(count).toBe(1)
})

it('gathers what rings during a round for one more round', async () => {
  let began = 0
  let heard = 0
  const done = Promise.withResolvers<void>()
  const rounds = createRounds(() => void began++)
  rounds.listen(() => {
    if (++heard === 2)
      done.resolve()
  })
  for (let count = 0; count < 10; count++)
    rounds.ring()
  await done.promise
  for (let count = 0; count < 5; count++)
    await turn()
  expect({ began, heard }).toEqual({ began: 2, heard: 2 })
})
