import { spawn } from 'node:child_process'
import { once } from 'node:events'
import process from 'node:process'
import { expect, it } from 'vitest'

it('hears a signal once that comes twice at the same moment, and again when it is repeated later', async () => {
  const script = `
    import { takeRepeatedSignalsForOne } from ${JSON.stringify(new URL('single-signals.mjs', import.meta.url).href)}
    takeRepeatedSignalsForOne()
    let heard = 0
    process.on('SIGTERM', () => {
      heard++
      if (heard === 1)
        process.kill(process.pid, 'SIGTERM')
    })
    process.on('message', (message) => {
      if (message === 'again')
        setTimeout(() => process.kill(process.pid, 'SIGTERM'), 500)
      setTimeout(() => process.send(heard), message === 'again' ? 600 : 100)
    })
    process.send('ready')`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  await once(child, 'message')
  child.kill('SIGTERM')
  child.send('count')
  expect((await once(child, 'message'))[0]).toBe(1)
  child.send('again')
  expect((await once(child, 'message'))[0]).toBe(2)
  child.kill('SIGKILL')
})
