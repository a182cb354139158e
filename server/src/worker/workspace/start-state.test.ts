import { lstatSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { isUntouched, readStart, recordStart } from './start-state.ts'

it('tells a file that was written within the same tick of a slow clock from one that was not', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'agentos-start-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'a.txt'), 'as it was\n')
  utimesSync(join(folder, 'a.txt'), 1_795_997_252.0613, 1_795_997_252.0613)
  await recordStart(folder, join(folder, '..', `${basename(folder)}.start`), AbortSignal.timeout(10_000))
  onTestFinished(() => rmSync(join(folder, '..', `${basename(folder)}.start`)))
  const was = (await readStart(join(folder, '..', `${basename(folder)}.start`)))!.get('a.txt')
  const now = () => lstatSync(join(folder, 'a.txt'), { bigint: true })
  expect(isUntouched(was, 'file', now())).toBe(true)
  expect(isUntouched(was, 'link', now())).toBe(false)
  expect(isUntouched(undefined, 'file', now())).toBe(false)

  const { ctimeNs } = now()
  writeFileSync(join(folder, 'a.txt'), 'as it is.\n')
  expect(isUntouched(was, 'file', Object.assign(now(), { ctimeNs }))).toBe(false)
})
