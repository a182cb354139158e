import type { ServerProcess } from './process-harness.ts'
import { spawnSync } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { complete } from '../src/cli/completion/complete.ts'
import { WANTED } from '../src/cli/completion/wanted.ts'
import { leavesOf } from '../src/cli/develop/walk-commands.ts'
import { createProgram } from '../src/cli/program.ts'
import { pathWithAgentos } from './agentos-on-path.ts'
import { agentos, writeManifest } from './cli-harness.ts'
import { spawnProcess, startServerProcess } from './process-harness.ts'

let folder: string
let server: ServerProcess
let PATH: string
let run: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'agentos-completion-'))
  PATH = await pathWithAgentos(folder)
  server = await startServerProcess(join(folder, 'data'), { cwd: folder, isShared: true, env: { AGENTOS_PORT: '0' } })
  const manifest = await writeManifest(folder, 'greeter', 'echo hello')
  run = (JSON.parse((await agentos(['run', manifest, '--detach', '--json'], server, { isShared: true })).stdout) as { runId: string }).runId
  for (const shell of ['bash', 'zsh', 'fish'])
    await writeFile(join(folder, `agentos.${shell}`), (await agentos(['completion', shell], server, { isShared: true })).stdout)
  await mkdir(join(folder, 'here/inner'), { recursive: true })
  await writeFile(join(folder, 'here/notes.yaml'), '')
})
afterAll(async () => {
  await server.stop()
  await rm(folder, { recursive: true })
})

/** What bash, which has read the script, offers for the last of the words. */
async function inBash(words: string[], dataDir = server.dataDir): Promise<string[]> {
  // eslint-disable-next-line no-template-curly-in-string -- the shell's own notation
  const script = 'source ../agentos.bash\nCOMP_WORDS=("$@") COMP_CWORD=$(($# - 1))\n"$(complete -p agentos | sed "s/.*-F \\([^ ]*\\).*/\\1/")"\nprintf "%s\\n" "${COMPREPLY[@]}"'
  return inShell('bash', ['--norc', '-c', script, 'bash', ...words], dataDir)
}

async function inShell(shell: string, args: string[], dataDir = server.dataDir): Promise<string[]> {
  const spawned = spawnProcess(shell, args, dataDir, { cwd: join(folder, 'here'), env: { PATH } })
  spawned.child.stdin?.end()
  await spawned.exited
  expect(spawned.stderr()).toBe('')
  return spawned.stdout().split('\n').filter(line => line !== '')
}

describe('in bash', () => {
  it('completes commands, those below a command, and options', async () => {
    expect(await inBash(['agentos', 'sche'])).toEqual(['schedule'])
    expect(await inBash(['agentos', 'secret', ''])).toEqual(['set', 'list', 'remove', 'help'])
    expect(await inBash(['agentos', 'run', '--t'])).toEqual(['--task', '--timeout'])
  })

  it('completes values of a closed set, also after an equals sign, which bash makes a word of its own', async () => {
    expect(await inBash(['agentos', 'ps', '--status', 's'])).toEqual(['succeeded'])
    expect(await inBash(['agentos', 'schedule', 'greeter', '--overlap', '='])).toEqual(['skip', 'queue', 'replace'])
    expect(await inBash(['agentos', 'schedule', '--timezone', 'Europe/Berl'])).toEqual(['Europe/Berlin'])
  })

  it('completes agents and runs of the server that runs', async () => {
    expect(await inBash(['agentos', 'logs', 'gree'])).toEqual(['greeter'])
    expect(await inBash(['agentos', 'logs', '-f', run.slice(0, 4)])).toEqual([run.slice(0, 10)])
  })

  it('completes manifests and folders of the place where the person stands', async () => {
    expect(await inBash(['agentos', 'run', 'no'])).toEqual(['notes.yaml'])
    expect(await inBash(['agentos', 'run', 'greeter', '--workspace', ''])).toEqual(['inner'])
  })

  it('evaluates nothing of what was typed', async () => {
    await inBash(['agentos', 'run', '$(touch evaluated)'])
    await inBash(['agentos', 'run', '`touch evaluated`; touch evaluated', ''])
    expect(await inBash(['agentos', 'run', 'eval'])).toEqual([])
  })

  it('says nothing where there is no server and no data, and makes none', async () => {
    const nowhere = join(folder, 'nowhere')
    await mkdir(nowhere)
    expect(await inBash(['agentos', 'stop', ''], nowhere)).toEqual([])
    expect(spawnSync('ls', ['-A', nowhere], { encoding: 'utf8' }).stdout).toBe('')
  })
})

describe.runIf(isThere('zsh'))('in zsh', () => {
  it('completes options, values and agents', async () => {
    // eslint-disable-next-line no-template-curly-in-string -- the shell's own notation
    const ask = (...words: string[]) => inShell('zsh', ['-f', '-c', 'compdef() { :; }; _describe() { print -rl -- "${(@P)2}"; }; source ../agentos.zsh; words=("$@"); CURRENT=$#; _agentos', 'zsh', ...words])
    expect(await ask('agentos', 'ps', '--status', 'succ')).toEqual([expect.stringMatching(/^succeeded:/)])
    expect(await ask('agentos', 'ps', '--status=succ')).toEqual([expect.stringMatching(/^--status=succeeded:/)])
    expect(await ask('agentos', 'logs', 'gree')).toEqual([expect.stringMatching(/^greeter:/)])
  })
})

describe.runIf(isThere('fish'))('in fish', () => {
  it('completes options, values and agents', async () => {
    const ask = (line: string) => inShell('fish', ['--no-config', '-c', `source ../agentos.fish; complete -C '${line}'`])
    expect(await ask('agentos ps --status succ')).toEqual([expect.stringMatching(/^succeeded/)])
    expect(await ask('agentos logs gree')).toEqual([expect.stringMatching(/^greeter/)])
    expect(await ask('agentos secret ')).toEqual([expect.stringMatching(/^help/), expect.stringMatching(/^list/), expect.stringMatching(/^remove/), expect.stringMatching(/^set/)])
  })
})

it('a name that a shell would read as more than a word is not offered', async () => {
  const { candidates } = await complete(createProgram(), ['stop', ''], async () => [{ word: '$(reboot)', about: '' }, { word: 'a b', about: '' }, { word: 'fine', about: '' }])
  expect(candidates.map(({ word }) => word)).toEqual(['fine'])
})

it('every place that is completed is one of a command', () => {
  const places = leavesOf(createProgram()).flatMap(({ path, command }) => [
    ...command.registeredArguments.map(argument => `${path} ${argument.name()}`),
    ...command.options.filter(option => option.required).map(option => `${path} ${option.long}`),
  ].map(place => place.replace(/^agentos /, '')))
  expect(Object.keys(WANTED).filter(place => !places.includes(place))).toEqual([])
})

function isThere(program: string): boolean {
  return spawnSync(program, ['--version']).error === undefined
}
