/** What a tool call does, in one exact text: recorded before it is done, held against the rules, shown to whoever is asked. */
export function actionText(tool: string, input: Record<string, unknown>): string {
  return tool === 'fetch' ? requestText(input) : `${tool} ${canonicalJson(input)}`
}

/** A line for people. */
export function actionTitle(tool: string, input: Record<string, unknown>): string {
  const title = tool === 'fetch' ? requestText(input).split('\n', 1)[0]! : tool.replace('__', ': ')
  return title.length > 500 ? `${title.slice(0, 499)}…` : title
}

/** Keys in order, so that the same input is the same text. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value))
    return `[${value.map(canonicalJson).join(',')}]`
  if (typeof value === 'object' && value !== null)
    return `{${Object.entries(value).sort(([one], [other]) => one < other ? -1 : 1).map(([key, inner]) => `${JSON.stringify(key)}:${canonicalJson(inner)}`).join(',')}}`
  return JSON.stringify(value) ?? 'null'
}

/** Nobody asks twice whether it did something: it may be sent again when its answer was lost. */
export function isRepeatableRequest(action: string): boolean {
  return /^(?:GET|HEAD) /.test(action)
}

function requestText({ method, url, headers, body }: Record<string, unknown>): string {
  return [
    `${typeof method === 'string' ? method.toUpperCase() : 'GET'} ${String(url)}`,
    ...typeof headers === 'object' && headers !== null ? Object.entries(headers).map(([name, value]) => `${name}: ${String(value)}`) : [],
    ...typeof body === 'string' && body !== '' ? ['', body] : [],
  ].join('\n')
}
