import type { HostPattern } from '../domain/host-pattern.ts'
import { delimiter } from 'node:path'
import { z } from 'zod'
import { parseHostPattern } from '../domain/host-pattern.ts'
import { parseDuration, parseSize } from '../domain/manifest/units.ts'
import { parseDurationMs } from './duration.ts'
import { isNetwork } from './networks.ts'

/**
 * Every environment variable that the server reads, with what it must look like. `expected` is what a person is told when a
 * value is wrong; `secret` keeps the value itself out of that message.
 */
export const environmentSchema = z.object({
  AGENTOS_PORT: wholeNumber(0, 65_535).optional().meta({ expected: 'a port from 1 to 65535, or 0 for any free one' }),
  AGENTOS_HOST: z.string().regex(/^[\w.:%-]+$/).refine(host => !/^[^:]+:\d+$/.test(host)).default('127.0.0.1').meta({ expected: 'a host name or address to listen on, with no port' }),
  AGENTOS_PUBLIC_URL: z.string().transform(origin).optional().meta({ expected: 'the http:// or https:// address that people open, with no path' }),
  AGENTOS_TRUSTED_PROXIES: z.string().transform(networks).optional().meta({ expected: 'addresses or networks such as 127.0.0.1, 10.0.0.0/8 or fd00::/8, separated by commas, or none' }),
  AGENTOS_DATA_DIR: z.string().optional().meta({ expected: 'a folder: an absolute path, or one relative to the project' }),
  DATABASE_URL: z.string().regex(/^(file:.+|postgres(ql)?:\/\/.+)$/).optional().meta({ expected: 'file:<path> for SQLite or postgres://<address> for PostgreSQL', secret: true }),
  AGENTOS_ROLE: z.enum(['all', 'server', 'worker']).default('all').meta({ expected: 'all, server or worker' }),
  AGENTOS_SECRET_KEY: z.string().min(32).optional().meta({ expected: 'at least 32 characters', secret: true }),
  AGENTOS_LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace']).default('info').meta({ expected: 'fatal, error, warn, info, debug or trace' }),
  AGENTOS_MAX_AGENTS: wholeNumber(1, 10_000).default(20).meta({ expected: 'a whole number from 1 to 10000' }),
  AGENTOS_LEASE: z.string().transform(duration).pipe(z.int().min(2_000).max(600_000)).default(30_000).meta({ expected: 'a duration from 2s to 10m' }),
  AGENTOS_COMMAND_TIMEOUT: z.string().transform(duration).default(600_000).meta({ expected: 'a duration such as 90s, 5m or 2h, or plain seconds, above zero' }),
  AGENTOS_MAX_STEPS: wholeNumber(1, 1_000_000).default(1000).meta({ expected: 'a whole number from 1 to 1000000' }),
  AGENTOS_EXECUTORS: wholeNumber(1, 64).default(1).meta({ expected: 'a whole number from 1 to 64' }),
  AGENTOS_WORKSPACE_ROOTS: z.string().transform(folders).optional().meta({ expected: `absolute folders, separated by "${delimiter}", or none` }),
  AGENTOS_PROGRAMS_DIR: z.string().optional().meta({ expected: 'a folder: an absolute path, or one relative to the project' }),
  AGENTOS_MCP_PRIVATE_HOSTS: z.string().transform(hostPatterns).default([]).meta({ expected: 'hosts such as localhost:3001, search.internal or *.lan, separated by commas' }),
  AGENTOS_GIT_PRIVATE_HOSTS: z.string().transform(hostPatterns).default([]).meta({ expected: 'hosts such as localhost:3000, git.internal or *.lan, separated by commas' }),
  AGENTOS_RETENTION_AGE: z.string().transform(retentionAge).optional().meta({ expected: 'a duration such as 12h or 30d, from 1h to 3650d' }),
  AGENTOS_RETENTION_RUNS: wholeNumber(1, 1_000_000).optional().meta({ expected: 'a whole number from 1 to 1000000' }),
  AGENTOS_RETENTION_SIZE: z.string().transform(retentionSize).optional().meta({ expected: 'a size such as 500MB or 20GiB, at least 1MiB' }),
  AGENTOS_BACKUP_EVERY: z.string().transform(backupInterval).optional().meta({ expected: 'a duration such as 6h or 1d, from 10m to 30d' }),
  AGENTOS_BACKUP_DIR: z.string().optional().meta({ expected: 'a folder: an absolute path, or one relative to the project' }),
  AGENTOS_BACKUP_KEEP: wholeNumber(1, 1_000).default(7).meta({ expected: 'a whole number from 1 to 1000' }),
  AGENTOS_APPROVAL_WEBHOOK: z.string().transform(address).optional().meta({ expected: 'an http:// or https:// address' }),
  AGENTOS_APPROVAL_WEBHOOK_SECRET: z.string().min(16).optional().meta({ expected: 'at least 16 characters', secret: true }),
  AGENTOS_METRICS_TOKEN: z.string().min(16).optional().meta({ expected: 'at least 16 characters', secret: true }),
  OTEL_EXPORTER_OTLP_ENDPOINT: z.string().transform(address).optional().meta({ expected: 'the http:// or https:// address of a collector, such as http://127.0.0.1:4318' }),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: z.string().transform(address).optional().meta({ expected: 'the whole http:// or https:// address that takes traces' }),
  OTEL_EXPORTER_OTLP_HEADERS: z.string().transform(pairs).optional().meta({ expected: 'headers as name=value, separated by commas, in the coding of URLs', secret: true }),
  OTEL_EXPORTER_OTLP_PROTOCOL: z.enum(['http/protobuf']).optional().meta({ expected: 'http/protobuf, which is the one that is spoken' }),
  OTEL_EXPORTER_OTLP_TIMEOUT: wholeNumber(100, 60_000).default(10_000).meta({ expected: 'milliseconds from 100 to 60000' }),
  OTEL_SERVICE_NAME: z.string().max(200).optional().meta({ expected: 'a name of at most 200 characters' }),
  OTEL_RESOURCE_ATTRIBUTES: z.string().transform(pairs).optional().meta({ expected: 'attributes as name=value, separated by commas' }),
  OTEL_SDK_DISABLED: z.enum(['true', 'false']).default('false').meta({ expected: 'true or false' }),
  OTEL_TRACES_EXPORTER: z.enum(['otlp', 'none']).default('otlp').meta({ expected: 'otlp or none' }),
  OTEL_TRACES_SAMPLER: z.enum(['always_on', 'always_off', 'traceidratio', 'parentbased_always_on', 'parentbased_always_off', 'parentbased_traceidratio']).default('parentbased_always_on').meta({ expected: 'always_on, always_off, traceidratio, or one of these with parentbased_ before it' }),
  OTEL_TRACES_SAMPLER_ARG: z.string().regex(/^(?:0|1|0?\.\d{1,9}|1\.0+|0\.0+)$/).transform(Number).optional().meta({ expected: 'the part of traces that is sent, from 0 to 1' }),
  OPENAI_API_KEY: apiKey(),
  OPENAI_BASE_URL: baseUrl(),
  OPENAI_API: z.enum(['chat', 'responses']).optional().meta({ expected: 'chat or responses' }),
  CLAUDE_API_KEY: apiKey(),
  ANTHROPIC_API_KEY: apiKey(),
  ANTHROPIC_BASE_URL: baseUrl(),
  GEMINI_API_KEY: apiKey(),
  GOOGLE_API_KEY: apiKey(),
  GEMINI_BASE_URL: baseUrl(),
  GOOGLE_GEMINI_BASE_URL: baseUrl(),
  COHERE_API_KEY: apiKey(),
  CO_API_KEY: apiKey(),
  COHERE_BASE_URL: baseUrl(),
  GIT_HUB_TOKEN: apiKey(),
  GITHUB_TOKEN: apiKey(),
  GITHUB_MODELS_URL: baseUrl(),
  OLLAMA_HOST: z.string().transform(ollamaAddress).optional().meta({ expected: 'an address such as 127.0.0.1:11434 or http://127.0.0.1:11434' }),
  AGENTOS_ENDPOINTS: z.string().transform(endpoints).optional().meta({ expected: 'endpoints as name=address, separated by commas, such as groq=https://api.groq.com/openai/v1; a name has a-z, 0-9, - and _ and is no provider\'s own' }),
  AGENTOS_PRICES: z.string().optional().meta({ expected: 'a file with prices: an absolute path, or one relative to the project' }),
})

export type EnvironmentName = keyof typeof environmentSchema.shape
export type Environment = z.infer<typeof environmentSchema>

function wholeNumber(min: number, max: number) {
  return z.string().regex(/^\d{1,9}$/).transform(Number).pipe(z.int().min(min).max(max))
}

function apiKey() {
  return z.string().regex(/^\S+$/).optional().meta({ expected: 'a key with no white space in it', secret: true })
}

function baseUrl() {
  return z.string().transform(address).optional().meta({ expected: 'an http:// or https:// address' })
}

function origin(text: string, context: z.RefinementCtx): string {
  const url = httpUrl(text)
  return url?.pathname === '/' && !url.search && !url.hash && !url.username ? url.origin : wrong(context)
}

function address(text: string, context: z.RefinementCtx): string {
  return httpUrl(text)?.href.replace(/\/$/, '') ?? wrong(context)
}

/** `name=value,…`, as OpenTelemetry writes headers and attributes. */
function pairs(text: string, context: z.RefinementCtx): Record<string, string> {
  const read = text.split(',').map(one => one.trim()).filter(Boolean).map(one => [one.slice(0, one.indexOf('=')).trim(), one.slice(one.indexOf('=') + 1).trim(), one.includes('=')] as const)
  if (!read.every(([name, , isPair]) => isPair && /^[\w.-]+$/.test(name)))
    return wrong(context)
  try {
    return Object.fromEntries(read.map(([name, value]) => [name, decodeURIComponent(value)]))
  }
  catch {
    return wrong(context)
  }
}

/** Ollama's own variable: a scheme and a port may be left out, and "every interface" means this machine for a client. */
function ollamaAddress(text: string, context: z.RefinementCtx): string {
  const hasScheme = /^https?:\/\//.test(text)
  const url = httpUrl(hasScheme ? text : `http://${text}`)
  if (!url)
    return wrong(context)
  if (!url.port && !hasScheme)
    url.port = '11434'
  if (url.hostname === '0.0.0.0')
    url.hostname = '127.0.0.1'
  return url.href.replace(/\/$/, '')
}

function httpUrl(text: string): URL | null {
  const url = URL.parse(text)
  return url && (url.protocol === 'http:' || url.protocol === 'https:') && url.hostname ? url : null
}

function duration(text: string, context: z.RefinementCtx): number {
  const durationMs = parseDurationMs(text)
  return durationMs === null || durationMs === 0 ? wrong(context) : durationMs
}

function retentionAge(text: string, context: z.RefinementCtx): number {
  const ageMs = parseDuration(text)
  return ageMs !== null && ageMs >= 3_600_000 && ageMs <= 3650 * 86_400_000 ? ageMs : wrong(context)
}

function backupInterval(text: string, context: z.RefinementCtx): number {
  const everyMs = parseDuration(text)
  return everyMs !== null && everyMs >= 600_000 && everyMs <= 30 * 86_400_000 ? everyMs : wrong(context)
}

function retentionSize(text: string, context: z.RefinementCtx): number {
  const sizeBytes = parseSize(text)
  return sizeBytes !== null && sizeBytes >= 1024 ** 2 ? sizeBytes : wrong(context)
}

function folders(text: string, context: z.RefinementCtx): string[] {
  if (text === 'none')
    return []
  const paths = text.split(delimiter).map(path => path.trim()).filter(Boolean)
  return paths.length > 0 ? paths : wrong(context)
}

function networks(text: string, context: z.RefinementCtx): string[] {
  if (text === 'none')
    return []
  const given = text.split(',').map(one => one.trim()).filter(Boolean)
  return given.length > 0 && given.every(isNetwork) ? given : wrong(context)
}

/** The names under which models are known already. */
const PROVIDERS = new Set(['openai', 'claude', 'anthropic', 'gemini', 'google', 'cohere', 'github', 'ollama'])

function endpoints(text: string, context: z.RefinementCtx): { name: string, baseUrl: string }[] {
  const read = text.split(',').map(one => one.trim()).filter(Boolean).map((one) => {
    const [, name = '', given = ''] = /^([a-z0-9][a-z0-9_-]{0,30})=(\S+)$/.exec(one) ?? []
    return { name, baseUrl: httpUrl(given)?.href.replace(/\/$/, '') ?? '' }
  })
  const names = new Set(read.map(({ name }) => name))
  const isRight = read.length > 0 && names.size === read.length && read.every(({ name, baseUrl }) => name !== '' && baseUrl !== '' && !PROVIDERS.has(name))
  return isRight ? read : wrong(context)
}

function hostPatterns(text: string, context: z.RefinementCtx): HostPattern[] {
  const patterns = text.split(',').map(word => word.trim()).filter(Boolean).map(parseHostPattern)
  const found = patterns.filter(pattern => pattern !== null)
  return found.length > 0 && found.length === patterns.length ? found : wrong(context)
}

function wrong(context: z.RefinementCtx): never {
  context.addIssue('wrong')
  return z.NEVER
}
