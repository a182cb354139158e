import type { Config } from './config/config.ts'
import type { DataFolder } from './config/data-folder.ts'
import type { HiddenValue } from './domain/redact/redactor.ts'
import { secretValueProblem } from './domain/secret.ts'

/** What of the server's own must never stand in a log or reach a model: the keys of its providers and of its data. */
export function ownValues(config: Config, dataFolder: DataFolder): HiddenValue[] {
  const { endpoints, ...providers } = config.models
  const providerKeys = [...endpoints, ...Object.values(providers)].flatMap(settings => settings !== null && 'apiKey' in settings ? settings.apiKey ?? [] : [])
  const values = [
    ...providerKeys,
    dataFolder.secretKey,
    ...Object.values(config.traces?.headers ?? {}),
    ...config.approvalWebhook ? [config.approvalWebhook.secret] : [],
    ...[dataFolder.credential, dataFolder.metricsToken].map(withoutPrefix),
    ...config.databaseUrl.startsWith('file:') ? [] : [config.databaseUrl],
  ]
  // A key that is too short or too plain stands in ordinary words by chance.
  return [...new Set(values)].filter(value => secretValueProblem(value) === null).map(value => ({ value, shown: '[key]' }))
}

/** Everybody knows how they begin: an ordinary text that ends with our name need not wait for more. */
function withoutPrefix(token: string): string {
  return token.replace(/^(?:agentos|metrics)_/, '')
}
