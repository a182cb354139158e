import { expect, it } from 'vitest'
import { createAttempts } from './attempts.ts'

it('makes an address wait after its failures, and no other one', async () => {
  const attempts = createAttempts({ failures: 3, windowS: 60 })
  for (let failures = 0; failures < 3; failures++) {
    expect(await attempts.waitS('10.0.0.1')).toBe(0)
    await attempts.failed('10.0.0.1')
  }
  expect(await attempts.waitS('10.0.0.1')).toBeGreaterThan(0)
  expect(await attempts.waitS('10.0.0.2')).toBe(0)
})
