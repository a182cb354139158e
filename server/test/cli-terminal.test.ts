import { spawnSync } from 'node:child_process'
import process from 'node:process'
import { stripVTControlCharacters } from 'node:util'
import { describe, expect, it } from 'vitest'
import { writeManifest } from './cli-harness.ts'
import { processesOf, runOnTerminal, startServerProcess } from './process-harness.ts'
import { temporaryFolder } from './server-harness.ts'

const CTRL_C = '\u0003'
const hasScript = process.platform === 'linux' && spawnSync('script', ['--version']).status === 0

describe.skipIf(!hasScript)('on a terminal (needs script of util-linux)', () => {
  it('asks at the first Ctrl-C, stops the run at the second, exits 130 and leaves nothing alive, its own server included', async () => {
    const dataDir = await temporaryFolder()
    const manifest = await writeManifest(dataDir, 'watched', 'while true; do echo tick; sleep 0.1; done')
    const command = runOnTerminal(['run', manifest], dataDir)
    await command.says(/tick/)
    command.child.stdin!.write(CTRL_C)
    await command.says(/Stop this run\? Ctrl-C again stops it/)
    const before = command.stdout().split('tick').length
    await command.says(new RegExp(`(?:tick[^]*?){${before + 2}}`)) // it goes on meanwhile
    command.child.stdin!.write(CTRL_C)
    expect(await command.exited).toEqual([130, null])
    expect(command.stdout()).toMatch(/stopping …[\s\S]+⊘ cancelled/)
    expect(await processesOf(dataDir)).toEqual([])
  })

  it('tells on a last line what goes on now, which is gone at the end, and has colours', async () => {
    const dataDir = await temporaryFolder()
    const server = await startServerProcess(dataDir)
    const manifest = await writeManifest(dataDir, 'lively', 'sleep 0.5; printf "no end of line"; sleep 0.3; echo .')
    const command = runOnTerminal(['run', manifest], dataDir)
    expect(await command.exited).toEqual([0, null])
    expect(stripVTControlCharacters(command.stdout())).toMatch(/\r\S 1 work · 0\.\d s/)
    expect(screenOf(command.stdout()).replace(/isolation: .+\n/, '')).toMatch(/^lively v1 {2}\w{10} {2}\S+\n● 1 work\n {2}│ no end of line\.\n✓ 1 0\.\d s\n✓ succeeded in .+\n$/)
    expect(command.stdout()).toContain('\u001B[32m✓')
    await server.stop()
  })

  it('asks before it deletes, and Ctrl-C is a no', async () => {
    const dataDir = await temporaryFolder()
    const command = runOnTerminal(['prune', '--older-than', '7d'], dataDir)
    await command.says(/Delete ended runs older than 7d and their logs for good\? \[y\/N\]/)
    command.child.stdin!.write(CTRL_C)
    expect(await command.exited).toEqual([1, null])
    expect(command.stdout()).toContain('nothing was deleted')
  })
})

/** What stays on the screen: a line that was cleared is not there any more. */
function screenOf(output: string): string {
  return stripVTControlCharacters(output.replaceAll('\r\n', '\n').replaceAll(/[^\n]*\r/g, ''))
}
