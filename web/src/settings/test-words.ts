import type { ModelTestResult } from '@agentos/server/domain/views/system'
import { formatCount, formatUsd } from '../format/number.ts'

/** What a test came to, in a line: `"ready" · 412 ms · 23 → 4 tokens · $0.00012`. */
export function testWords(result: ModelTestResult): string {
  if (!result.ok)
    return result.message
  const { text, latencyMs, usage, costUsd } = result
  const said = text.trim() === '' ? 'It answered' : `“${text.trim().slice(0, 80)}”`
  const cost = costUsd === null ? 'price not known' : costUsd === 0 ? 'free' : formatUsd(costUsd)
  return [said, `${latencyMs} ms`, `${formatCount(usage.inputTokens)} → ${formatCount(usage.outputTokens)} tokens`, cost].join(' · ')
}
