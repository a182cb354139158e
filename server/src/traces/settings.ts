/** Where traces go, by OpenTelemetry's own variables. */
export interface TraceSettings {
  url: string
  headers: Record<string, string>
  timeoutMs: number
  serviceName: string
  resourceAttributes: Record<string, string>
  sampler: 'always_on' | 'always_off' | 'traceidratio' | 'parentbased_always_on' | 'parentbased_always_off' | 'parentbased_traceidratio'
  /** Of the samplers that take a part of all traces. */
  ratio: number
}
