import { delimiter } from 'node:path'
import { z } from 'zod'
import { parseDuration, parseSize } from '../domain/manifest/units.ts'
import { parseDurationMs } from './duration.ts'

/**
 * Every environment variable that the server reads, with what it must look like. `expected` is what a person is told when a
 * value is wrong; `secret` keeps the value itself out of that message.
 */
export const environmentSchema = z.object({
  AGENTOS_PORT: wholeNumber(0, 65_535).optional().meta({ expected: 'a port from 1 to 65535, or 0 for any free one' }),
  AGENTOS_HOST: z.string().regex(/^[\w.:%-]+$/).refine(host => !/^[^:]+:\d+$/.test(host)).default('127.0.0.1').meta({ expected: 'a host name or address to listen on, with no port' }),
  AGENTOS_PUBLIC_URL: z.string().transform(origin).optional().meta({ expected: 'the http:// or https:// address that people open, with no path' }),
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
  AGENTOS_RETENTION_AGE: z.string().transform(retentionAge).optional().meta({ expected: 'a duration such as 12h or 30d, from 1h to 3650d' }),
  AGENTOS_RETENTION_RUNS: wholeNumber(1, 1_000_000).optional().meta({ expected: 'a whole number from 1 to 1000000' }),
  AGENTOS_RETENTION_SIZE: z.string().transform(retentionSize).optional().meta({ expected: 'a size such as 500MB or 20GiB, at least 1MiB' }),
  AGENTOS_METRICS_TOKEN: z.string().min(16).optional().meta({ expected: 'at least 16 characters', secret: true }),
  OPENAI_API_KEY: apiKey(),
  OPENAI_BASE_URL: baseUrl(),
  CLAUDE_API_KEY: apiKey(),
  ANTHROPIC_API_KEY: apiKey(),
  ANTHROPIC_BASE_URL: baseUrl(),
  GEMINI_API_KEY: apiKey(),
  GOOGLE_API_KEY: apiKey(),
  GEMINI_BASE_URL: baseUrl(),
  GOOGLE_GEMINI_BASE_URL: baseUrl(),
  GIT_HUB_TOKEN: apiKey(),
  GITHUB_TOKEN: apiKey(),
  OLLAMA_HOST: z.string().transform(ollamaAddress).optional().meta({ expected: 'an address such as 127.0.0.1:11434 or http://127.0.0.1:11434' }),
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

function wrong(context: z.RefinementCtx): never {
  context.addIssue('wrong')
  return z.NEVER
}
