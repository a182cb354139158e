export interface DiffLine { sign: '+' | '−' | ' ', text: string }

export interface Diff {
  /** Changed lines with a few around them; null stands for lines that are left out. */
  lines: (DiffLine | null)[]
  added: number
  removed: number
}

const AROUND = 3
/** A longer table of pairs would hold up the page: what lies between the equal ends is then shown as replaced. */
const MAX_PAIRS = 1_000_000

/** What became of a text, line by line. */
export function diffLines(before: string | null, after: string): Diff {
  const [a, b] = [linesOf(before ?? ''), linesOf(after)]
  let head = 0
  while (head < a.length && head < b.length && a[head] === b[head])
    head++
  let tail = 0
  while (tail < a.length - head && tail < b.length - head && a[a.length - 1 - tail] === b[b.length - 1 - tail])
    tail++
  const lines = [
    ...a.slice(0, head).map(kept),
    ...between(a.slice(head, a.length - tail), b.slice(head, b.length - tail)),
    ...a.slice(a.length - tail).map(kept),
  ]
  const count = (sign: DiffLine['sign']) => lines.filter(line => line.sign === sign).length
  return { lines: folded(lines), added: count('+'), removed: count('−') }
}

function between(a: string[], b: string[]): DiffLine[] {
  const removed = (text: string): DiffLine => ({ sign: '−', text })
  const added = (text: string): DiffLine => ({ sign: '+', text })
  if (a.length * b.length > MAX_PAIRS)
    return [...a.map(removed), ...b.map(added)]
  // common[i][j]: how many lines a.slice(i) and b.slice(j) can keep.
  const width = b.length + 1
  const common = new Uint16Array((a.length + 1) * width)
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--)
      common[i * width + j] = a[i] === b[j] ? common[(i + 1) * width + j + 1]! + 1 : Math.max(common[(i + 1) * width + j]!, common[i * width + j + 1]!)
  }
  const lines: DiffLine[] = []
  let [i, j] = [0, 0]
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      lines.push(kept(a[i]!))
      i++
      j++
    }
    else if (j >= b.length || (i < a.length && common[(i + 1) * width + j]! >= common[i * width + j + 1]!)) {
      lines.push(removed(a[i++]!))
    }
    else {
      lines.push(added(b[j++]!))
    }
  }
  return lines
}

function folded(lines: DiffLine[]): (DiffLine | null)[] {
  const near = new Uint8Array(lines.length)
  lines.forEach(({ sign }, at) => {
    if (sign !== ' ')
      near.fill(1, Math.max(0, at - AROUND), at + AROUND + 1)
  })
  return lines.flatMap((line, at) => near[at] ? [line] : at === 0 || near[at - 1] ? [null] : [])
}

function kept(text: string): DiffLine {
  return { sign: ' ', text }
}

function linesOf(text: string): string[] {
  if (text === '')
    return []
  const lines = text.split('\n')
  return lines.at(-1) === '' ? lines.slice(0, -1) : lines
}
