import type { Logger } from 'pino'
import type { Config } from './config/config.ts'
import { destination, pino } from 'pino'

/** One JSON object a line on stderr. What may carry a secret is blacked out, wherever it stands. */
export function createLogger(level: Config['logLevel']): Logger {
  return pino({
    level,
    base: null,
    timestamp: () => `,"at":"${new Date().toISOString()}"`,
    formatters: { level: label => ({ level: label }) },
    redact: {
      paths: ['authorization', 'cookie', 'token', 'apiKey', 'secretKey', 'credential', 'metricsToken', 'databaseUrl']
        .flatMap(name => [name, `*.${name}`, `*.*.${name}`]),
      censor: '[hidden]',
    },
  }, destination({ fd: 2, sync: true }))
}
