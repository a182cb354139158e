import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { withLock } from './lock.mjs'

let room
beforeEach(() => {
  room = mkdtempSync(join(tmpdir(), 'agentos-lock-'))
})
afterEach(() => rmSync(room, { recursive: true }))

it('lets one process work at a time, and every one in its turn', async () => {
  const log = join(room, 'log')
  const script = `
    import { appendFileSync } from 'node:fs'
    import { setTimeout as wait } from 'node:timers/promises'
    import { withLock } from ${JSON.stringify(new URL('lock.mjs', import.meta.url).href)}
    await withLock(async () => {
      appendFileSync(${JSON.stringify(log)}, 'in ')
      await wait(30)
      appendFileSync(${JSON.stringify(log)}, 'out ')
    }, ${JSON.stringify(room)})`
  const children = Array.from({ length: 4 }, () => spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'ignore' }))
  const codes = await Promise.all(children.map(async child => (await once(child, 'exit'))[0]))
  expect(codes).toEqual([0, 0, 0, 0])
  expect(readFileSync(log, 'utf8')).toBe('in out '.repeat(4))
})

it('takes over from a process that is gone', async () => {
  const gone = spawn(process.execPath, ['-e', ''])
  await once(gone, 'exit')
  mkdirSync(join(room, 'prepare.lock'))
  writeFileSync(join(room, 'prepare.lock/pid'), String(gone.pid))
  expect(await withLock(() => 'done', room)).toBe('done')
})

it('takes over a lock whose owner died before it wrote its id', async () => {
  mkdirSync(join(room, 'prepare.lock'))
  const longAgo = new Date(Date.now() - 60_000)
  utimesSync(join(room, 'prepare.lock'), longAgo, longAgo)
  expect(await withLock(() => 'done', room)).toBe('done')
})

it('gives the lock back when the work fails', async () => {
  await expect(withLock(() => Promise.reject(new Error('no')), room)).rejects.toThrow('no')
  expect(existsSync(join(room, 'prepare.lock'))).toBe(false)
})

it('says what to do when the folder cannot be used', async () => {
  writeFileSync(join(room, 'file'), '')
  await expect(withLock(() => 'done', join(room, 'file'))).rejects.toMatchObject({ whatToDo: expect.any(String) })
})
