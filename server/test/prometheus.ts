import { parser } from '@prometheus-io/lezer-promql'

type SyntaxNode = ReturnType<typeof parser.parse>['topNode']

/** What a scrape says of one metric: its kind, and the labels that its series have. */
export interface Scraped { kind: string, help: string, labels: Set<string>, values: Map<string, number> }

/** By the names of series: of a histogram its buckets, sum and count. */
export function readScrape(text: string): { metrics: Map<string, Scraped>, series: Map<string, Scraped> } {
  const metrics = new Map<string, Scraped>()
  const series = new Map<string, Scraped>()
  for (const line of text.split('\n')) {
    const [, word, name, rest] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? []
    if (word === 'HELP')
      metrics.set(name!, { kind: '', help: rest!.trim(), labels: new Set(), values: new Map() })
    if (word === 'TYPE')
      metrics.get(name!)!.kind = rest!
    const [, seriesName, labels = '', value] = /^([a-z_]\w*)(?:\{(.*)\})? (\S+)$/i.exec(line) ?? []
    if (seriesName === undefined)
      continue
    const metric = metrics.get(seriesName) ?? metrics.get(seriesName.replace(/_(?:bucket|sum|count)$/, ''))
    if (!metric)
      throw new Error(`${seriesName} has no HELP line before it`)
    const one = series.get(seriesName) ?? { ...metric, labels: new Set(), values: new Map() }
    series.set(seriesName, one)
    for (const [, label] of labels.matchAll(/(\w+)="(?:[^"\\]|\\.)*"/g)) {
      one.labels.add(label!)
      if (label !== 'le')
        metric.labels.add(label!)
    }
    one.values.set(labels, Number(value))
  }
  return { metrics, series }
}

/** Where an expression can be read, the series and labels that it asks for; else what is wrong. */
export function readExpression(expression: string): { series: { name: string, labels: string[] }[], groups: string[] } | { problem: string } {
  const tree = parser.parse(expression)
  const series: { name: string, labels: string[] }[] = []
  const groups: string[] = []
  let problem: string | null = null
  tree.iterate({
    enter({ type, from, to, node }) {
      if (type.isError)
        problem ??= `cannot be read at ${from}: ${expression.slice(Math.max(0, from - 10), to + 10)}`
      if (type.name === 'VectorSelector')
        series.push({ name: textOf(expression, node.getChild('Identifier')), labels: namesIn(expression, node) })
      if (type.name === 'GroupingLabels')
        groups.push(...namesIn(expression, node))
    },
  })
  return problem === null ? { series, groups } : { problem }
}

function namesIn(expression: string, node: SyntaxNode): string[] {
  const names: string[] = []
  node.cursor().iterate((inner) => {
    if (inner.name === 'LabelName')
      names.push(expression.slice(inner.from, inner.to))
  })
  return names
}

function textOf(expression: string, node: SyntaxNode | null): string {
  return node ? expression.slice(node.from, node.to) : ''
}
