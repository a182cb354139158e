import type { ServerProcess } from './process-harness.ts'
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PROJECT_DIR } from '../src/program-files.ts'
import { pathWithAgentos } from './agentos-on-path.ts'
import { spawnProcess, startServerProcess } from './process-harness.ts'

interface Block { language: string, text: string, line: number, before: string }

const pages = ['README.md', ...readdirSync(join(PROJECT_DIR, 'docs')).filter(name => name.endsWith('.md')).map(name => `docs/${name}`)]
const textOf = (page: string) => readFileSync(join(PROJECT_DIR, page), 'utf8')
const commandsOf = (page: string) => blocksOf(textOf(page)).filter(block => block.language === 'sh')

describe.each(pages)('%s', (page) => {
  it('says of every block what it is, and of commands that no test runs why', () => {
    const blocks = blocksOf(textOf(page))
    expect(blocks.filter(block => block.language === '').map(block => `line ${block.line}: give it a language`)).toEqual([])
    const untold = blocks.filter(block => block.language === 'console' && !/^<!-- not run: \S.* -->$/.test(block.before))
    expect(untold.map(block => `line ${block.line}: <!-- not run: … --> is missing in the line before`)).toEqual([])
  })

  it('links to files and headings that are there', () => {
    const broken = linksOf(textOf(page)).filter(link => !leadsSomewhere(page, link))
    expect(broken).toEqual([])
  })
})

describe('commands of the pages, as they stand there', () => {
  let room: string
  let server: ServerProcess
  let PATH: string
  beforeAll(async () => {
    room = await mkdtemp(join(tmpdir(), 'agentos-docs-'))
    PATH = await pathWithAgentos(room)
    // What a reader is taken to have: a folder of their own with something in it.
    await mkdir(join(room, 'home/src/project'), { recursive: true })
    await writeFile(join(room, 'home/src/project/README.md'), '# A project\n')
    spawnSync('git', ['init', '--quiet', join(room, 'home/src/project')])
    server = await startServerProcess(join(room, 'data'), { cwd: room, isShared: true, env: { AGENTOS_PORT: '0' } })
  })
  afterAll(async () => {
    await server.stop()
    await rm(room, { recursive: true })
  })

  it.each(pages.filter(page => commandsOf(page).length > 0))('of %s all exit with 0', { timeout: 300_000 }, async (page) => {
    const folder = join(room, 'pages', basename(page, '.md'))
    await mkdir(folder, { recursive: true })
    for (const { text, line } of commandsOf(page)) {
      // The server of this test listens at another port.
      const commands = text.replaceAll('http://127.0.0.1:4700', server.url)
      const spawned = spawnProcess('bash', ['--norc', '-eu', '-o', 'pipefail', '-c', commands], server.dataDir, { cwd: folder, env: { PATH, HOME: join(room, 'home'), NO_COLOR: '1' } })
      spawned.child.stdin?.end()
      const [code] = await spawned.exited
      expect(code, `line ${line}:\n${text}\n${spawned.stdout()}${spawned.stderr()}`).toBe(0)
    }
  })
})

function blocksOf(page: string): Block[] {
  const lines = page.split('\n')
  const blocks: Block[] = []
  let open: Block | null = null
  lines.forEach((line, index) => {
    const fence = /^```(\S*)$/.exec(line)
    if (open && fence)
      open = null
    else if (open)
      open.text += `${line}\n`
    else if (fence)
      blocks.push(open = { language: fence[1]!, text: '', line: index + 1, before: lines[index - 1] ?? '' })
  })
  return blocks
}

/** Of our own: what is elsewhere may come and go. */
function linksOf(page: string): string[] {
  const prose = page.replace(/^```.*\n(?:(?!```).*\n)*```$/gm, '').replace(/`[^`]*`/g, '')
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(match => match[1]!).filter(link => !/^[a-z]+:/.test(link))
}

function leadsSomewhere(page: string, link: string): boolean {
  const [file = '', anchor] = link.split('#')
  const path = file === '' ? join(PROJECT_DIR, page) : join(PROJECT_DIR, page, '..', file)
  if (anchor === undefined || !path.endsWith('.md'))
    return existsSync(path)
  return existsSync(path) && anchorsOf(readFileSync(path, 'utf8')).includes(anchor)
}

/** As the forge makes them of headings. */
function anchorsOf(page: string): string[] {
  return [...page.matchAll(/^#+ (.+)$/gm)].map(match => match[1]!.toLowerCase().replace(/[^\p{L}\p{N} _-]/gu, '').replaceAll(' ', '-'))
}
