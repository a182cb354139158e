import type { Check } from '../../checks/check.ts'
import { pc } from '../print/colour.ts'

export function formatCheck({ name, result, found, mend }: Check): string {
  const mark = { ok: pc.green('✓'), warning: pc.yellow('!'), error: pc.red('✗') }[result]
  const indent = ' '.repeat(23)
  const below = result === 'ok' || !mend ? [] : mend.split('\n').map(line => `${indent}${pc.dim(line)}\n`)
  return `${mark} ${name.padEnd(20)} ${found}\n${below.join('')}`
}
