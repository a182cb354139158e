import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { tarOf } from './tar.ts'

it('is read by tar as it was written: long names, other alphabets, empty files and whole blocks', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'agentos-tar-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const files = { 'a.txt': 'one\n', 'empty': '', [`${'long/'.repeat(30)}b.txt`]: 'two', 'größe/ü.txt': 'ä'.repeat(300), 'block': 'x'.repeat(512), [`${'n'.repeat(95)}.txt`]: 'three' }
  const archive = tarOf(Object.entries(files).map(([path, text]) => ({ path, content: new Blob([text]) })))
  writeFileSync(join(folder, 'x.tar'), new Uint8Array(await archive.arrayBuffer()))
  const read = (...args: string[]) => execFileSync('tar', [...args], { cwd: folder, encoding: 'utf8', env: { PATH: '/usr/bin:/bin', LC_ALL: 'C.UTF-8' } })
  expect(read('tf', 'x.tar').trim().split('\n')).toEqual(Object.keys(files))
  for (const [path, text] of Object.entries(files))
    expect(read('xOf', 'x.tar', '--', path)).toBe(text)
})
