import type { ParsedScript, SyntaxNode } from 'unbash'
import { forEachChild, parse } from 'unbash'

/**
 * Every simple command that a shell line would run, as its words: `a | b; (c)` gives three, `env X=1 sh -c "d"` gives itself,
 * its `sh -c "d"` and `d`. Words are as written where only the shell could know them (`$HOME` stays `$HOME`).
 */
export function commandsOf(line: string): string[][] {
  const commands: string[][] = []
  collect(line, 0, commands)
  return commands
}

const MAX_COMMANDS = 2000
/** Each level of substitution is parsed anew: a hostile line must not cost more than a few readings. */
const MAX_DEPTH = 8
const MAX_LINE = 256 * 1024

function collect(line: string, depth: number, commands: string[][]): void {
  if (depth > MAX_DEPTH)
    return
  const open: { node: SyntaxNode | ParsedScript, depth: number }[] = [{ node: parse(line.slice(0, MAX_LINE)), depth }]
  for (let entry = open.pop(); entry && commands.length < MAX_COMMANDS; entry = open.pop()) {
    const { node, depth: nested } = entry
    if (node.type === 'Command' && node.name)
      add([node.name.value, ...node.args.map(arg => 'value' in arg && typeof arg.value === 'string' ? arg.value : line.slice(arg.pos, arg.end))], nested, commands)
    if (SUBSTITUTIONS.has(node.type) && nested >= MAX_DEPTH)
      continue
    forEachChild(node, child => open.push({ node: child, depth: SUBSTITUTIONS.has(node.type) ? nested + 1 : nested }))
  }
}

const SUBSTITUTIONS = new Set(['CommandExpansion', 'ProcessSubstitution', 'ArithmeticCommandExpansion', 'ArithmeticExpansion'])

function add(argv: string[], depth: number, commands: string[][]): void {
  commands.push(argv)
  if (depth > MAX_DEPTH)
    return
  const inner = unwrap(argv)
  if (inner)
    add(inner, depth + 1, commands)
  const script = innerScript(argv)
  if (script !== null)
    collect(script, depth + 1, commands)
}

/** Programs that run the program among their arguments, and those of their options that take a value. */
const WRAPPERS: Record<string, string[]> = {
  sudo: ['-u', '-g', '-h', '-p', '-C', '-D', '-R', '-T', '-U'],
  doas: ['-u', '-C'],
  env: ['-u', '-C', '-S', '--unset', '--chdir'],
  nice: ['-n', '--adjustment'],
  ionice: ['-c', '-n', '-p'],
  nohup: [],
  setsid: [],
  time: ['-f', '-o'],
  timeout: ['-k', '-s', '--kill-after', '--signal'],
  stdbuf: ['-i', '-o', '-e'],
  chroot: [],
  unshare: [],
  xargs: ['-n', '-P', '-I', '-L', '-s', '-d', '-a', '-E'],
  exec: ['-a'],
  command: [],
  builtin: [],
  busybox: [],
  find: [],
}

/** How many plain arguments stand before the wrapped program: `timeout 5 rm`, `chroot /x rm`. */
const OWN_ARGUMENTS: Record<string, number> = { timeout: 1, chroot: 1 }

function unwrap(argv: string[]): string[] | null {
  const name = nameOf(argv)
  const valued = WRAPPERS[name]
  if (!valued)
    return null
  if (name === 'find')
    return afterExec(argv)
  let own = OWN_ARGUMENTS[name] ?? 0
  let index = 1
  for (; index < argv.length; index++) {
    const word = argv[index] ?? ''
    if (valued.includes(word))
      index++
    else if (!word.startsWith('-') && !(/^\w+=/.test(word) && (name === 'env' || name === 'sudo')) && own-- <= 0)
      break
  }
  return index < argv.length ? argv.slice(index) : null
}

/** `find . -exec rm -rf {} +` → `rm -rf {}`. */
function afterExec(argv: string[]): string[] | null {
  const start = argv.findIndex(word => /^-(?:exec|execdir|ok|okdir)$/.test(word))
  if (start < 0)
    return null
  const rest = argv.slice(start + 1)
  const end = rest.findIndex(word => word === ';' || word === '+')
  return rest.length > 0 ? rest.slice(0, end < 0 ? rest.length : end) : null
}

const SHELLS = ['sh', 'bash', 'dash', 'ash', 'zsh', 'ksh', 'su']

/** The text that `sh -c` and `eval` would run. */
function innerScript(argv: string[]): string | null {
  const name = nameOf(argv)
  if (name === 'eval')
    return argv.slice(1).join(' ')
  if (!SHELLS.includes(name))
    return null
  const flag = argv.findIndex((word, index) => index > 0 && /^-[ABD-Z]*C[A-Z]*$/i.test(word))
  return flag > 0 ? argv.slice(flag + 1).find(word => !word.startsWith('-')) ?? null : null
}

function nameOf([program = '']: string[]): string {
  return program.slice(program.lastIndexOf('/') + 1)
}
