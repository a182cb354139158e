import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { environmentSchema } from '../../config/environment.ts'
import { manifestKeys } from '../../domain/manifest/keys.ts'
import { PROJECT_DIR } from '../../program-files.ts'
import { createProgram } from '../program.ts'
import { generatedPages } from './pages.ts'
import { examplesOf, helpOf, leavesOf } from './walk-commands.ts'

const read = (path: string) => readFileSync(join(PROJECT_DIR, path), 'utf8')
const pages = generatedPages(read)

it.each(Object.keys(pages))('docs/%s is what the sources say today', (name) => {
  expect(read(`docs/${name}`), 'write it anew: node server/src/cli/develop/write-pages.ts').toBe(pages[name])
})

it('the pages leave out no variable, no key of a manifest and no command', () => {
  expect(Object.keys(environmentSchema.shape).filter(name => !pages['configuration.md']!.includes(`\`${name}\``))).toEqual([])
  const isShown = (key: string) => pages['manifest.md']!.includes(`\`${key}\``) || pages['manifest.md']!.includes(`## ${key}\n`)
  // A mapping of any names has nothing to say by itself, and the servers of the prototype have a list of their own.
  expect(manifestKeys().filter(key => !isShown(key) && !key.endsWith('.*') && !key.startsWith('mcp.servers'))).toEqual([])
  expect(leavesOf(createProgram()).filter(({ path }) => !pages['commands.md']!.includes(`## ${path}\n`))).toEqual([])
})

describe('--help', () => {
  const commands = leavesOf(createProgram())

  it.each(commands.map(({ path }) => path))('of %s says what it does, what each option is, and shows an example', (path) => {
    const { command } = commands.find(each => each.path === path)!
    expect(command.description()).not.toBe('')
    expect([...command.options, ...command.registeredArguments].filter(each => each.description === '').map(each => each.name())).toEqual([])
    expect(helpOf(command)).toContain(command.description().slice(0, 20))
    expect(examplesOf(command).length).toBeGreaterThan(0)
  })

  it.each(commands.flatMap(({ path, command }) => examplesOf(command).map(line => [path, line])))('the example of %s is understood: %s', async (path, line) => {
    const words = wordsOf(line)
    const program = createProgram()
    let called: string | null = null
    for (const { path: each, command } of leavesOf(program))
      command.exitOverride().configureOutput({ writeErr: () => {} }).action(() => void (called = each))
    await program.exitOverride().configureOutput({ writeErr: () => {} }).parseAsync(words, { from: 'user' })
    expect(called).toBe(path)
  })
})

/** What stands after `agentos` in the line, up to a pipe or a redirection. */
function wordsOf(line: string): string[] {
  const own = /(?:^|[ |(])agentos (.+?)(?:\)| [|<>] .*)?$/.exec(line)?.[1] ?? ''
  return [...own.matchAll(/"([^"]*)"|(\S+)/g)].map(match => match[1] ?? match[2]!)
}
