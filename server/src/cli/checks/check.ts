import pc from 'picocolors'

/** One thing that `agentos doctor` has looked at. */
export interface Check {
  name: string
  result: 'ok' | 'warning' | 'error'
  found: string
  /** What to do, when it is not ok. */
  mend?: string
}

export function formatCheck({ name, result, found, mend }: Check): string {
  const mark = { ok: pc.green('✓'), warning: pc.yellow('!'), error: pc.red('✗') }[result]
  return `${mark} ${name.padEnd(20)} ${found}\n${mend && result !== 'ok' ? `  ${''.padEnd(20)} ${pc.dim(mend)}\n` : ''}`
}
