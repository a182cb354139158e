import { nameOf } from './wrappers.ts'

/** What a command writes, where its words say it: echo, printf, and cat of something known. null: only running it could tell. */
export function literalOutput(argv: string[], input: string | null, readFile: (path: string) => string | null): string | null {
  const args = argv.slice(1)
  switch (nameOf(argv)) {
    case 'echo':
      return echoed(args)
    case 'printf':
      return formatted(args[0] === '--' ? args.slice(1) : args)
    case 'tee':
      return input
    case 'cat': {
      const files = args.filter(word => word === '-' || !word.startsWith('-'))
      const texts = files.length === 0 ? [input] : files.map(path => path === '-' ? input : readFile(path))
      return texts.includes(null) ? null : texts.join('')
    }
    default:
      return null
  }
}

/** Whether echo reads backslashes is each shell's own affair. */
function echoed(args: string[]): string {
  const first = args.findIndex(word => !/^-[neE]+$/.test(word))
  const [options, words] = first < 0 ? [args, []] : [args.slice(0, first), args.slice(first)]
  const text = words.join(' ')
  const end = options.some(option => option.includes('n')) ? '' : '\n'
  const read = unescape(text)
  return read === text ? text + end : `${text}\n${read}${end}`
}

const MAX_ROUNDS = 100

function formatted([format, ...args]: string[]): string | null {
  if (format === undefined || format === '-v')
    return null
  const rest = [...args]
  let text = ''
  let rounds = 0
  do {
    const left = rest.length
    text += unescape(format).replace(/%[-+ #0]*(?:[1-9]\d*)?(?:\.\d+)?([a-z%])/gi, (_, kind: string) => kind === '%' ? '%' : kind === 'b' ? unescape(rest.shift() ?? '') : rest.shift() ?? '')
    if (rest.length === left)
      break
  } while (rest.length > 0 && ++rounds < MAX_ROUNDS)
  return text
}

const LETTERS: Record<string, string> = { n: '\n', t: '\t', r: '\r', a: '\x07', b: '\b', f: '\f', v: '\v', e: '\x1B', c: '' }

function unescape(text: string): string {
  return text.replace(/\\(?:x([\da-f]{1,2})|u([\da-f]{1,4})|(0?[0-7]{1,3})|(.))/gis, (whole, hex?: string, unicode?: string, octal?: string, letter?: string) => {
    const code = hex ?? unicode
    if (code !== undefined)
      return String.fromCharCode(Number.parseInt(code, 16))
    if (octal !== undefined)
      return String.fromCharCode(Number.parseInt(octal, 8) & 0xFF)
    return letter === undefined ? whole : LETTERS[letter] ?? (letter === '\\' ? '\\' : whole)
  })
}
