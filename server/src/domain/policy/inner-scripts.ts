import { quotedCode } from './inline-code.ts'
import { nameOf } from './wrappers.ts'

/** Text that a program has a shell run. */
export interface InnerScript {
  text: string
  /** Its `$1`, `$2`, …; left out: those of where it stands. */
  parameters?: string[]
}

export interface ScriptSources {
  /** What the program reads from its standard input, where that is known. */
  input: string | null
  /** What a file holds, where the line itself has written it. */
  readFile: (path: string) => string | null
}

export function innerScripts(argv: string[], sources: ScriptSources): InnerScript[] {
  const name = nameOf(argv)
  const args = argv.slice(1)
  if (SHELLS.has(name))
    return shellReads(args, sources)
  const texts = READERS.get(name)?.(args) ?? quotedCode(name, args)
  const written = name === '.' || name === 'source' ? fileText(args.find(word => word !== '--'), sources) : sources.readFile(argv[0] ?? '')
  return [
    ...texts.map(text => ({ text })),
    ...(written === null || isForAnotherReader(written) ? [] : [{ text: written, parameters: args }]),
  ]
}

const SHELLS = new Set(['sh', 'bash', 'rbash', 'dash', 'ash', 'zsh', 'ksh', 'mksh', 'yash'])

/** Programs that hand some of their arguments to a shell. */
const READERS = new Map<string, (args: string[]) => string[]>(Object.entries({
  eval: args => [args.filter((word, index) => index > 0 || word !== '--').join(' ')],
  trap: args => args.filter(word => word !== '--').slice(0, 1),
  watch: args => [plain(args, ['-n', '--interval']).join(' ')],
  parallel: args => [plain(args, ['-j', '--jobs']).join(' ')],
  su: args => valuesOf(args, ['-c', '--command', '--session-command']),
  runuser: args => valuesOf(args, ['-c', '--command', '--session-command']),
  script: args => valuesOf(args, ['-c', '--command']),
  flock: args => valuesOf(args, ['-c', '--command']),
  sg: args => valuesOf(args, ['-c']),
  env: splitString,
  git: gitShells,
  tar: args => [...valuesOf(args, ['--to-command', '--use-compress-program', '-I', '--info-script', '--new-volume-script', '-F', '--rsh-command']), ...actions(args)],
  rsync: args => valuesOf(args, ['-e', '--rsh', '--rsync-path']),
  zip: args => valuesOf(args, ['-TT', '--unzip-command']),
  vim: editorShells,
  vi: editorShells,
  ex: editorShells,
  nvim: editorShells,
} satisfies Record<string, (args: string[]) => string[]>))

/** `sh -c TEXT name $1 …`, `sh FILE $1 …`, or what comes on standard input. */
function shellReads(args: string[], sources: ScriptSources): InnerScript[] {
  let hasCommand = false
  let readsInput = false
  for (let index = 0; index < args.length; index++) {
    const word = args[index] ?? ''
    if (/^[-+]\w*o$/i.test(word) || word === '--rcfile' || word === '--init-file') {
      hasCommand ||= /^-\w*c/.test(word)
      index++
    }
    else if (word !== '-' && word !== '--' && /^[-+]/.test(word)) {
      hasCommand ||= /^-[a-z]*c/i.test(word)
      readsInput ||= /^-[a-z]*s/i.test(word)
    }
    else if (hasCommand) {
      const text = word === '--' ? args[++index] ?? '' : word
      return [{ text, parameters: args.slice(index + 2) }]
    }
    else if (word !== '-' && word !== '--') {
      const text = readsInput ? sources.input : fileText(word, sources)
      return text === null || isForAnotherReader(text) ? [] : [{ text, parameters: args.slice(readsInput ? index : index + 1) }]
    }
  }
  return sources.input === null || hasCommand ? [] : [{ text: sources.input, parameters: [] }]
}

function fileText(path: string | undefined, sources: ScriptSources): string | null {
  if (path === undefined)
    return null
  return ['-', '/dev/stdin', '/dev/fd/0', '/proc/self/fd/0'].includes(path) ? sources.input : sources.readFile(path)
}

/** A script for Python is not read as one for sh. */
function isForAnotherReader(text: string): boolean {
  return /^#!(?!.*\b(?:ba|da|[azk])?sh\b)/.test(text)
}

/** The values of options: `-c X`, `--command X`, `--command=X`, `-qc X`. */
function valuesOf(args: string[], options: string[]): string[] {
  return args.flatMap((word, index) => options.flatMap((option) => {
    if (word.startsWith('--'))
      return word.startsWith(`${option}=`) ? [word.slice(option.length + 1)] : word === option ? args.slice(index + 1, index + 2) : []
    const isShort = option.length === 2 && /^-\w+$/.test(word) && word.endsWith(option.charAt(1))
    return word === option || isShort ? args.slice(index + 1, index + 2) : []
  }))
}

/** The words after the options. */
function plain(args: string[], valued: string[]): string[] {
  const first = args.findIndex((word, index) => !word.startsWith('-') && !valued.includes(args[index - 1] ?? ''))
  return first < 0 ? [] : args.slice(first)
}

/** `env -S 'rm -rf /'`, `env -iS"rm -rf" /`. */
function splitString(args: string[]): string[] {
  const at = args.findIndex(word => /^-[iv0]*S|^--split-string\b/.test(word))
  if (at < 0)
    return []
  const word = args[at] ?? ''
  const joined = word.replace(/^-[iv0]*S|^--split-string=?/, '')
  return [[joined, ...args.slice(at + 1)].join(' ')]
}

/** Aliases that begin with `!`, settings that name a program, `rebase --exec`, `submodule foreach`. */
function gitShells(args: string[]): string[] {
  const settings = valuesOf(args, ['-c']).flatMap((setting) => {
    const [key = '', ...rest] = setting.split('=')
    const value = rest.join('=')
    return value.startsWith('!') ? [value.slice(1)] : /pager|editor|command|askpass|external|fsmonitor|textconv|helper|cmd$/i.test(key) ? [value.replace(/^!/, '')] : []
  })
  const each = args.indexOf('foreach')
  return [...settings, ...valuesOf(args, ['-x', '--exec', '--tree-filter', '--index-filter', '--msg-filter', '--env-filter']), ...(each > 0 ? [plain(args.slice(each + 1), []).join(' ')] : [])]
}

/** `--checkpoint-action=exec=rm`. */
function actions(args: string[]): string[] {
  return valuesOf(args, ['--checkpoint-action']).flatMap(action => action.startsWith('exec=') ? [action.slice(5)] : [])
}

/** `vim -c '!rm'`, `+'!rm'`. */
function editorShells(args: string[]): string[] {
  return [...valuesOf(args, ['-c', '--cmd']), ...args.flatMap(word => word.startsWith('+') ? [word.slice(1)] : [])]
    .flatMap(text => /^[\s:%]*(?:silent\s*)?!/.test(text) ? [text.replace(/^[^!]*!/, '')] : [])
}
