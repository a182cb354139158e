import type { Logger } from 'pino'
import type { Config } from './config/config.ts'
import type { HiddenValue } from './domain/redact/redactor.ts'
import process from 'node:process'
import { destination, pino } from 'pino'
import { createRedactor } from './domain/redact/redactor.ts'
import { forTerminal } from './log-line.ts'

export interface OwnLogger extends Logger {
  /** From now on these values stand in no line, in whatever form. */
  hide: (values: HiddenValue[]) => void
}

/** Values of runs that are hidden at a time; of more, the oldest are forgotten. */
const MAX_HIDDEN = 2_000

/**
 * One JSON object a line on stderr; a person at a terminal gets a line to read. What may carry a secret by its name is blacked out
 * wherever it stands, and what is known to be one wherever it turns up. `context` adds what a line is about.
 */
export function createLogger(level: Config['logLevel'], context: () => object): OwnLogger {
  const out = destination({ fd: 2, sync: true })
  const hidden = createHidden()
  const write = (line: string) => out.write(process.stderr.isTTY ? forTerminal(hidden.redact(line)) : hidden.redact(line))
  const logger = pino({
    level,
    base: null,
    timestamp: () => `,"at":"${new Date().toISOString()}"`,
    formatters: { level: label => ({ level: label }) },
    mixin: context,
    redact: {
      paths: ['authorization', 'cookie', 'token', 'apiKey', 'secretKey', 'credential', 'metricsToken', 'databaseUrl']
        .flatMap(name => [name, `*.${name}`, `*.*.${name}`]),
      censor: '[hidden]',
    },
  }, { write })
  return Object.assign(logger, { hide: hidden.add })
}

function createHidden(): { add: (values: HiddenValue[]) => void, redact: (line: string) => string } {
  const values = new Map<string, HiddenValue>()
  let redactor: ReturnType<typeof createRedactor> | null = null
  return {
    add(more) {
      for (const one of more.filter(({ value }) => !values.has(value))) {
        values.set(one.value, one)
        redactor = null
      }
      while (values.size > MAX_HIDDEN)
        values.delete(values.keys().next().value!) // it is not empty
    },
    redact(line) {
      redactor ??= createRedactor([...values.values()])
      return redactor.text(line)
    },
  }
}
