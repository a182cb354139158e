export interface HelpLine { code: string | null, text: string }

/** The server's help, line by line: an indented line is something to type, then a wide gap, then what it is for. */
export function helpLines(help: string): HelpLine[] {
  return help.split('\n').filter(line => line.trim() !== '').map((line) => {
    if (!line.startsWith(' '))
      return { code: null, text: line.trim() }
    const [code, ...rest] = line.trim().split(/\s{2,}/)
    return { code: code!, text: rest.join(' ') } // the line is not blank
  })
}

/** Enough for a line of a list: up to the first full stop or line break. */
export function firstSentence(text: string): string {
  return /^.*?(?:[.:](?=\s|$)|$)/m.exec(text.trim())![0]
}
