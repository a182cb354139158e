import type { ReadableSpan, Sampler, SpanProcessor } from '@opentelemetry/sdk-trace'
import type { TraceSettings } from './settings.ts'
import type { Span } from './span.ts'
import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, TraceFlags } from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources'
import { AlwaysOffSampler, AlwaysOnSampler, ParentBasedSampler, TraceIdRatioBasedSampler, TracerProvider } from '@opentelemetry/sdk-trace'
import { VERSION } from '../version.ts'
import { spanIdOf, traceIdOf } from './span.ts'

export interface Exporter {
  /** Gathers spans of a run and sends full batches; with `isLast` all that it has. Rejects when the collector did not take them. */
  send: (runId: string, spans: Span[], how: { isLast: boolean }) => Promise<void>
  /** Cuts what is under way. */
  stop: () => void
}

const BATCH = 512
const NAME_CHARACTERS = 200

export function createExporter(settings: TraceSettings): Exporter {
  const { url, headers, timeoutMs, serviceName, resourceAttributes } = settings
  const agent = new (url.startsWith('https:') ? HttpsAgent : HttpAgent)({ keepAlive: true, maxSockets: 1 })
  const otlp = new OTLPTraceExporter({ url, headers, timeoutMillis: timeoutMs, httpAgentOptions: () => agent })
  let finished: ReadableSpan[] = []
  let ids = { traceId: '', spanId: '' }
  const collect: SpanProcessor = {
    onStart() {},
    onEnd: span => void finished.push(span),
    forceFlush: async () => {},
    shutdown: async () => {},
  }
  const provider = new TracerProvider({
    resource: defaultResource().merge(resourceFromAttributes({ 'service.version': VERSION, ...resourceAttributes, 'service.name': serviceName })),
    sampler: samplerOf(settings),
    idGenerator: { generateTraceId: () => ids.traceId, generateSpanId: () => ids.spanId },
    spanProcessors: [collect],
    spanLimits: { attributeValueLengthLimit: 1024 },
  })
  const tracer = provider.getTracer('agentos', VERSION)

  /** The root is asked each time whether its trace is to be sent: the answer is the same in every process. */
  function isSampled(runId: string): boolean {
    ids = { traceId: traceIdOf(runId), spanId: spanIdOf(runId, 'run') }
    const { traceFlags } = tracer.startSpan('run', {}, ROOT_CONTEXT).spanContext() // never ended, so never sent
    return (traceFlags & TraceFlags.SAMPLED) !== 0
  }

  function make(runId: string, { spanId, parentId, name, kind, startMs, endMs, attributes, isError }: Span): void {
    const traceId = traceIdOf(runId)
    ids = { traceId, spanId }
    const above = { traceId, spanId: parentId ?? '', traceFlags: TraceFlags.SAMPLED, isRemote: true }
    const parent = parentId === null ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, above)
    const span = tracer.startSpan(name.slice(0, NAME_CHARACTERS), { kind: kind === 'client' ? SpanKind.CLIENT : SpanKind.INTERNAL, startTime: startMs, attributes }, parent)
    if (isError)
      span.setStatus({ code: SpanStatusCode.ERROR })
    span.end(Math.max(startMs, endMs))
  }

  async function sendBatch(spans: ReadableSpan[]): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    otlp.export(spans, ({ code, error }) => code === 0 ? resolve() : reject(error ?? new Error('the collector did not take them')))
    await promise
  }

  return {
    async send(runId, spans, { isLast }) {
      if (spans.length > 0 && isSampled(runId))
        spans.forEach(span => make(runId, span))
      while (finished.length >= BATCH || (isLast && finished.length > 0)) {
        const batch = finished.slice(0, BATCH)
        finished = finished.slice(BATCH)
        await sendBatch(batch)
      }
    },
    stop() {
      finished = []
      agent.destroy()
    },
  }
}

function samplerOf({ sampler, ratio }: TraceSettings): Sampler {
  const root = sampler.endsWith('always_off') ? new AlwaysOffSampler() : sampler.endsWith('traceidratio') ? new TraceIdRatioBasedSampler(ratio) : new AlwaysOnSampler()
  return sampler.startsWith('parentbased_') ? new ParentBasedSampler({ root }) : root
}
