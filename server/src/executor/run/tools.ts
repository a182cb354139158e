import type { CommandEnd } from '../../domain/event.ts'
import type { LlmWork } from '../protocol/input.ts'
import type { ToolSpec } from '../protocol/output.ts'
import { quote } from '../sandbox/shell-script.ts'

/** A tool is commands in the session. The executor never touches the workspace's files: a planted link leads nowhere. */
export interface Tool {
  spec: ToolSpec
  /** The command that has its effect: what is asked for, recorded and shown. */
  command: (input: ToolInput) => string
  execute: (input: ToolInput, runner: ToolRunner) => Promise<ToolResult>
}

export type ToolInput = Record<string, string | number | undefined>

export interface ToolResult {
  /** What the model is told. */
  content: string
  /** How the command ended that decided it. */
  end: CommandEnd
  hasFailed: boolean
}

export interface ToolRunner {
  /** Runs a command in the session and gives back what it wrote, both streams in the order they came. */
  run(command: string, options?: ToolCommandOptions): Promise<{ output: string, isCut: boolean, end: CommandEnd }>
}

export interface ToolCommandOptions { stdin?: string, timeoutMs?: number, maxCharacters?: number, isShown?: boolean }

const FILE_TIMEOUT_MS = 30_000
const MAX_EDIT_CHARACTERS = 1024 * 1024
const path = { type: 'string', description: 'Relative to the workspace, or absolute.' }

/** The tools that a manifest's `tools` stand for. */
export function toolsFor(names: LlmWork['tools']): Tool[] {
  return names.flatMap(name => name === 'shell' ? [shell] : [readFile, writeFile, editFile, listFiles, searchFiles])
}

const shell: Tool = {
  spec: specOf('shell', 'Runs a command with sh in the workspace. What it starts in the background lives on for the next command.', {
    command: { type: 'string', description: 'For sh -c.' },
    timeoutSeconds: { type: 'integer', minimum: 1, description: 'How long it may take.' },
  }, ['command']),
  command: input => String(input.command),
  async execute(input, runner) {
    const timeout = input.timeoutSeconds === undefined ? {} : { timeoutMs: Number(input.timeoutSeconds) * 1000 }
    const { output, end } = await runner.run(shell.command(input), { isShown: true, ...timeout })
    return { content: [output, wordsFor(end)].filter(Boolean).join('\n'), end, hasFailed: end.exitCode !== 0 }
  },
}

const readFile: Tool = fileTool(specOf('read_file', 'Reads a text file or some lines of it. A long file comes cut: read it in parts.', {
  path,
  firstLine: { type: 'integer', minimum: 1, description: 'Counted from 1.' },
  lines: { type: 'integer', minimum: 1, description: 'How many lines; 400 when left out.' },
}, ['path']), ({ path, firstLine = 1, lines = 400 }) => `sed -n ${quote(`${firstLine},${Number(firstLine) + Number(lines) - 1}p`)} ${fileWord(path)}`)

const listFiles: Tool = fileTool(specOf('list_files', 'Lists files and folders below a folder, without those of .git and node_modules.', {
  path: { ...path, description: `${path.description} The workspace when left out.` },
  depth: { type: 'integer', minimum: 1, description: 'How many folders deep; 3 when left out.' },
}, []), ({ path = '.', depth = 3 }) =>
  `find ${fileWord(path)} -mindepth 1 -maxdepth ${depth} \\( -name .git -o -name node_modules \\) -prune -o -mindepth 1 -print | LC_ALL=C sort | head -n 1000`)

const searchFiles: Tool = fileTool(specOf('search_files', 'Searches text files with an extended regular expression and answers path:line:text.', {
  pattern: { type: 'string', description: 'For grep -E.' },
  path: { ...path, description: `${path.description} The workspace when left out.` },
}, ['pattern']), ({ pattern, path = '.' }) =>
  `grep -rnIE --exclude-dir=.git --exclude-dir=node_modules -e ${quote(String(pattern))} ${fileWord(path)} | cut -c 1-400 | head -n 200`)

const writeFile: Tool = {
  spec: specOf('write_file', 'Writes a file anew and makes the folders above it.', { path, content: { type: 'string' } }, ['path', 'content']),
  command: ({ path }) => writeCommand(path),
  async execute({ path, content }, runner) {
    const { output, end } = await runner.run(writeCommand(path), { stdin: String(content), timeoutMs: FILE_TIMEOUT_MS })
    return answer(end, end.exitCode === 0 ? `Written: ${path}` : output)
  },
}

const editFile: Tool = {
  spec: specOf('edit_file', 'Replaces one piece of a text file. The old piece must stand in the file exactly once.', {
    path,
    old: { type: 'string', minLength: 1, description: 'Exactly as it stands in the file, with its line breaks.' },
    new: { type: 'string' },
  }, ['path', 'old', 'new']),
  command: ({ path }) => writeCommand(path),
  async execute(input, runner) {
    const [old, replacement] = [String(input.old), String(input.new)]
    const { output, isCut, end } = await runner.run(`cat ${fileWord(input.path)}`, { timeoutMs: FILE_TIMEOUT_MS, maxCharacters: MAX_EDIT_CHARACTERS })
    if (end.exitCode !== 0)
      return answer(end, output)
    if (isCut || output.includes('\uFFFD'))
      return { content: `Not edited: ${isCut ? `the file is longer than ${MAX_EDIT_CHARACTERS} characters` : 'the file is not UTF-8 text'}. Use a command of the shell.`, end, hasFailed: true }
    const count = output.split(old).length - 1
    if (count !== 1)
      return { content: `Not edited: the old piece stands in the file ${count} times; it must be exactly once. Read the file and give a piece that is unique.`, end, hasFailed: true }
    const written = await runner.run(writeCommand(input.path), { stdin: output.replace(old, () => replacement), timeoutMs: FILE_TIMEOUT_MS })
    return answer(written.end, written.end.exitCode === 0 ? `Edited: ${input.path}` : written.output)
  },
}

function fileTool(spec: ToolSpec, command: (input: ToolInput) => string): Tool {
  return {
    spec,
    command,
    async execute(input, runner) {
      const { output, end } = await runner.run(command(input), { timeoutMs: FILE_TIMEOUT_MS })
      return answer(end, output || (end.exitCode === 0 ? '(nothing)' : ''))
    },
  }
}

function answer(end: CommandEnd, output: string): ToolResult {
  const hasFailed = end.exitCode !== 0
  return { content: hasFailed ? [output, wordsFor(end)].filter(Boolean).join('\n') : output, end, hasFailed }
}

function wordsFor(end: CommandEnd): string {
  switch (end.ended) {
    case 'exited':
      return `[exit code ${end.exitCode}]`
    case 'timeout':
      return `[ended after ${end.durationMs} ms: over its time limit]`
    default:
      return `[not finished: ${end.error ?? end.ended}]`
  }
}

function writeCommand(path: ToolInput[string]): string {
  return `mkdir -p "$(dirname ${fileWord(path)})" && cat >${fileWord(path)}`
}

/** As one word of sh that no program takes for an option. */
function fileWord(path: ToolInput[string]): string {
  const text = String(path)
  return quote(/^\.{0,2}\//.test(text) || text === '.' ? text : `./${text}`)
}

function specOf(name: string, description: string, properties: Record<string, Record<string, unknown>>, required: string[]): ToolSpec {
  return { name, description, inputSchema: { type: 'object', properties, required, additionalProperties: false } }
}
