import { expect, it } from 'vitest'
import { createParts } from './parts.ts'

it('stops the newest part first, each once', async () => {
  const parts = createParts()
  const stopped: string[] = []
  for (const name of ['database', 'worker', 'http']) {
    parts.add(async () => {
      await null
      stopped.push(name)
    })
  }
  await Promise.all([parts.stop(), parts.stop()])
  expect(stopped).toEqual(['http', 'worker', 'database'])
})

it('stops the others when one cannot be stopped, and says so', async () => {
  const parts = createParts()
  let isClosed = false
  parts.add(() => void (isClosed = true))
  parts.add(() => Promise.reject(new Error('stuck')))
  await expect(parts.stop()).rejects.toThrow('stuck')
  expect(isClosed).toBe(true)
})
