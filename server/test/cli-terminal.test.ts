import { spawnSync } from 'node:child_process'
import process from 'node:process'
import { stripVTControlCharacters } from 'node:util'
import { describe, expect, it } from 'vitest'
import { writeManifest } from './cli-harness.ts'
import { processesOf, runOnTerminal, startServerProcess } from './process-harness.ts'
import { temporaryFolder } from './server-harness.ts'
import { TERMINAL_PAYLOADS } from './terminal-payloads.ts'

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

  it('lets an agent colour nothing, move nothing and ask nothing: what it writes reaches the terminal as plain text', async () => {
    const dataDir = await temporaryFolder()
    const server = await startServerProcess(dataDir)
    const said = Buffer.from(TERMINAL_PAYLOADS.map(payload => `${payload}\n`).join('')).toString('base64').replace(/.{76}/g, '$&\n')
    const manifest = await writeManifest(dataDir, 'hostile', `base64 -d <<'--'\n${said}\n--\nbase64 -d >&2 <<'--'\n${said}\n--\nprintf 'that is\\377 all'`)
    const command = runOnTerminal(['run', manifest, '-t', TERMINAL_PAYLOADS.join(' ').replaceAll(/['\n\0]/g, '')], dataDir)
    expect(await command.exited).toEqual([0, null])
    const logs = runOnTerminal(['logs', 'hostile'], dataDir)
    expect(await logs.exited).toEqual([0, null])
    const json = runOnTerminal(['logs', 'hostile', '--json'], dataDir)
    expect(await json.exited).toEqual([0, null])
    for (const { stdout } of [command, logs, json]) {
      const reached = stdout().replaceAll(OURS, '')
      expect(reached).toContain('OSC 52 writes the clipboard')
      expect(reached).toContain('that is')
      if (stdout !== json.stdout)
        expect(stdout()).toContain('redredredredhiddenblinks SGR') // none of its colours lies between
      expect(reached.match(/[\0-\x08\v-\x1F\x7F-\x9F\u202A-\u202E\u2066-\u2069]/g)).toBeNull() // eslint-disable-line no-control-regex -- what must not be there
    }
    expect(logs.stdout()).toMatch(/saved step-1\.log \([\d.]+ KiB\): http:\/\/127\.0\.0\.1:\d+\/artifacts\/\w{20}\/step-1\.log/)
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

/** The colours and the last line of the command itself, and the terminal's own line ends. */
const OURS = /\x1B\[(?:[01349]\d?|2\d?)m|\x1B\[\?7[hl]|\r?\x1B\[2K|\r(?=\n)/g // eslint-disable-line no-control-regex -- escape sequences begin with one

/** What stays on the screen: a line that was cleared is not there any more. */
function screenOf(output: string): string {
  return stripVTControlCharacters(output.replaceAll('\r\n', '\n').replaceAll(/[^\n]*\r/g, ''))
}
