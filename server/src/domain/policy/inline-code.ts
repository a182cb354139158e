/**
 * The texts in quotes of code that stands in an argument (`python3 -c …`), when it speaks of starting programs. A list of
 * words, as most languages have it, is read as one command too. Cheap and blunt: what is put together from pieces is not seen.
 */
export function quotedCode(name: string, args: string[]): string[] {
  const code = codeOf(name, args).join('\n').slice(0, MAX_CHARACTERS)
  return STARTS_PROGRAMS.test(code) ? quoted(code) : []
}

const MAX_CHARACTERS = 32 * 1024
const MAX_TEXTS = 100
const STARTS_PROGRAMS = /\b(?:system|popen|Popen|subprocess|spawn\w*|exec\w*|shell_exec|passthru|proc_open|child_process|qx|getline)\b|`|\|\s*"/
/** A quote that never closes is the last match. */
const QUOTED = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`|["'`]/gs

function quoted(code: string): string[] {
  const texts: string[] = []
  const lists: string[] = []
  let list: string[] = []
  let end = 0
  for (const match of code.matchAll(QUOTED)) {
    if (match[0].length === 1 || texts.length >= MAX_TEXTS)
      break
    const text = match[0].slice(1, -1).replace(/\\(["'`\\])/g, '$1')
    list = /^\s*,\s*$/.test(code.slice(end, Math.min(match.index, end + 100))) && list.length > 0 ? [...list, text] : [text]
    if (list.length > 1)
      lists.push(list.join(' '))
    texts.push(text)
    end = match.index + match[0].length
  }
  return [...new Set([...texts, ...lists])]
}

/** Which arguments are code. */
const CODE_OPTIONS: [name: RegExp, options: RegExp][] = [
  [/^python[\d.]*$/, /^-[a-zA-Z]*c$/],
  [/^perl[\d.]*$/, /^-[a-z]*e$/i],
  [/^ruby[\d.]*$/, /^-[a-zA-Z]*e$/],
  [/^(?:node|nodejs|bun)$/, /^(?:-[a-zA-Z]*[ep]|--eval|--print)$/],
  [/^php[\d.]*$/, /^-[rB]$/],
  [/^lua[\d.]*$/, /^-e$/],
]

function codeOf(name: string, args: string[]): string[] {
  if (/^[gmn]?awk$/.test(name))
    return args.filter(word => !word.startsWith('-'))
  const options = CODE_OPTIONS.find(([known]) => known.test(name))?.[1]
  return options ? args.filter((_, index) => options.test(args[index - 1] ?? '')) : []
}
