import { z } from 'zod'
import { filled, flag, list, number, oneOf, pattern, whole } from './quantity.ts'

/** The keys of the Python prototype: still read, said in today's words by normalise.ts. */

const HOUR = 'an hour from 0 to 23, or a time such as "09:30"'

/** Its tools are called `name__tool`: the first __ has to tell where the name ends. */
export const MCP_NAME = /^(?!.*__)[\w-]{0,31}[A-Z0-9-]$/i
export const MCP_NAME_WORDS = 'a name of at most 32 letters, digits, - and _, with no __ in it and no _ at its end'

export const prototypeServer = z.strictObject({
  name: pattern(MCP_NAME, MCP_NAME_WORDS).describe('What the server is called.'),
  kind: oneOf(['stdio', 'http', 'sse']).optional().describe('How it is reached. Default: stdio.'),
  command: z.union([filled(4096), list(filled(4096), 'a list of words').min(1, { error: 'at least the program' })], { error: 'a command line, or a list of its words' })
    .optional().describe('What starts it (kind stdio).'),
  url: pattern(/^https?:\/\/\S+$/, 'a URL that starts with http:// or https://').optional().describe('Where it is (kind http).'),
}, { error: 'a mapping with name: and command:' })

export const prototypeKeys = {
  model_provider: oneOf(['github', 'openai', 'claude', 'gemini', 'cohere', 'ollama']).optional()
    .meta({ description: 'Prototype key. Today: model, as provider/model.', deprecated: true }),
  model_version: filled(200, 'the name of a model').optional().meta({ description: 'Prototype key. Today: model, as provider/model.', deprecated: true }),
  isolated: flag().optional().meta({ description: 'Prototype key. Today: isolation: sandbox (true) or process (false).', deprecated: true }),
  DESTRUCTIVE_COMMANDS: list(filled(500, 'a command pattern'), 'a list of commands').optional().meta({ description: 'Prototype key. Today: commands.deny.', deprecated: true }),
  time: z.union([z.int({ error: HOUR }).min(0, { error: HOUR }).max(23, { error: HOUR }), pattern(/^(?:[01]?\d|2[0-3]):[0-5]\d$/, 'a time such as 09:30')], { error: HOUR }).optional()
    .meta({ description: 'Prototype key: every day at this hour. Today: schedule.cron.', deprecated: true }),
  repeat: whole(1, 525_600).optional().meta({ description: 'Prototype key: every so many minutes. Today: schedule.every.', deprecated: true }),
  resource_limits: z.strictObject({
    max_steps: whole(1, 10_000).optional().describe('Today: limits.steps.'),
    timeout: number(1, 2_592_000).optional().describe('In seconds. Today: limits.time.'),
    max_memory_mb: whole(16, 1_048_576).optional().describe('Today: limits.memory.'),
    max_cpu_percent: number(1, 25_600).optional().describe('Today: limits.cpu, where 100 percent are 1.'),
  }, { error: 'a mapping' }).optional().meta({ description: 'Prototype key. Today: limits.', deprecated: true }),
  retry_config: z.strictObject({
    max_retries: whole(0, 19).optional().describe('Tries after the first. Today: retry.attempts, which counts the first too.'),
    initial_delay: number(0, 86_400).optional().describe('In seconds. Today: retry.delay.'),
    max_delay: number(0, 86_400).optional().describe('In seconds. Today: retry.maxDelay.'),
    exponential_base: number(1, 10).optional().describe('Today: retry.factor.'),
    jitter: flag().optional().describe('Today: retry.jitter.'),
  }, { error: 'a mapping' }).optional().meta({ description: 'Prototype key. Today: retry.', deprecated: true }),
}
