import { spawn } from 'node:child_process'
import { once } from 'node:events'
import process from 'node:process'
import { expect, it } from 'vitest'

it.skipIf(process.platform === 'win32')('stops when the shell that npx puts above it is killed', async () => { // no such shell there
  const script = `
    import { stopWithParent } from ${JSON.stringify(new URL('parent.mjs', import.meta.url).href)}
    setInterval(() => {}, 60_000)
    process.on('SIGTERM', () => { console.log('stopped'); process.exit() })
    stopWithParent(() => process.kill(process.pid, 'SIGTERM'))
    console.log('up')`
  const shell = spawn('sh', ['-c', `"$0" --input-type=module -e "$1"; :`, process.execPath, script], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, npm_lifecycle_event: 'npx' },
  })
  shell.stdout.setEncoding('utf8')
  expect((await once(shell.stdout, 'data'))[0]).toBe('up\n')
  shell.kill('SIGKILL')
  expect((await once(shell.stdout, 'data'))[0]).toBe('stopped\n')
})
