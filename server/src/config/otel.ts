import type { Environment } from './environment.ts'
import { ConfigError } from './config-error.ts'

/** Where traces are sent; null: nowhere, and nothing of it is loaded. */
export type TracesConfig = {
  url: string
  /** May hold a key. */
  headers: Record<string, string>
  timeoutMs: number
  serviceName: string
  resourceAttributes: Record<string, string>
  sampler: Environment['OTEL_TRACES_SAMPLER']
  ratio: number
} | null

/** OpenTelemetry's own variables, as every program reads them. */
export function findTraces(values: Environment): TracesConfig {
  const url = values.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ?? (values.OTEL_EXPORTER_OTLP_ENDPOINT === undefined ? null : `${values.OTEL_EXPORTER_OTLP_ENDPOINT}/v1/traces`)
  if (url === null || values.OTEL_SDK_DISABLED === 'true' || values.OTEL_TRACES_EXPORTER === 'none')
    return null
  const ratio = values.OTEL_TRACES_SAMPLER_ARG ?? 1
  if (values.OTEL_TRACES_SAMPLER_ARG !== undefined && !values.OTEL_TRACES_SAMPLER.endsWith('traceidratio'))
    throw new ConfigError('OTEL_TRACES_SAMPLER_ARG', `expected OTEL_TRACES_SAMPLER=traceidratio or parentbased_traceidratio beside it, got ${values.OTEL_TRACES_SAMPLER}; leave it out`)
  return {
    url,
    headers: values.OTEL_EXPORTER_OTLP_HEADERS ?? {},
    timeoutMs: values.OTEL_EXPORTER_OTLP_TIMEOUT,
    serviceName: values.OTEL_SERVICE_NAME ?? values.OTEL_RESOURCE_ATTRIBUTES?.['service.name'] ?? 'agentos',
    resourceAttributes: values.OTEL_RESOURCE_ATTRIBUTES ?? {},
    sampler: values.OTEL_TRACES_SAMPLER,
    ratio,
  }
}
