/* eslint-disable regexp/use-ignore-case -- a pattern of JSON Schema has no flags */
import { z } from 'zod'
import { ISOLATION_LEVELS } from '../run.ts'
import { cronProblem, isTimezone, parseMoment } from '../schedule-words.ts'
import { CATCH_UPS, OVERLAPS } from '../schedule.ts'
import { OUTPUT_FORMATS } from './output-formats.ts'
import { duration, filled, flag, list, money, number, oneOf, pattern, size, text, whole } from './quantity.ts'
import { prototypeKeys, prototypeServer } from './schema-prototype.ts'
import { checkSchema, secretName, stepSchema } from './schema-step.ts'

/**
 * The manifest as people write it: the one source of validation, of the editors' JSON Schema and of the reference.
 * Every `error` says what was expected, for a person. Reading it gives milliseconds, bytes and dollars; what is left
 * out stays out (complete.ts knows the defaults).
 */

export const AGENT_NAME = /^[a-z0-9][a-z0-9_-]{0,62}$/

const HOUR_MS = 3_600_000
const MIB = 1024 ** 2
const TIB = 1024 ** 4

const CRON = 'five cron fields such as "0 9 * * 1-5", or six with the second first'
const MOMENT = 'a moment such as 2026-12-24T18:00 or 2026-12-24T18:00:00Z'

const modelName = pattern(/^[A-Za-z0-9][\w.-]*\/\S+$/, 'a model as provider/model, such as openai/gpt-6-sol')
const host = pattern(/^(?:\*\.)?[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*(?::\d{1,5})?$/, 'a host name such as example.com or "*.example.com"')
const url = pattern(/^https?:\/\/\S+$/, 'a URL that starts with http:// or https://')
const commandPattern = filled(500, 'a command pattern such as sudo or "git push **"')
const decision = oneOf(['auto', 'ask', 'deny'])

const input = z.strictObject({
  type: oneOf(['string', 'number', 'boolean']).describe('What the form asks for.'),
  description: text(500).optional().describe('Shown beside the field.'),
  required: flag().optional().describe('Whether a run needs it. Default: true when there is no default.'),
  default: z.union([text(10_000), z.number(), z.boolean()], { error: 'a text, a number, or true or false' }).optional().describe('What it is when nobody says.'),
}, { error: 'a mapping such as { type: string, default: main }' })

const mcpServer = z.strictObject({
  program: filled(4096, 'a program').optional().describe('A program that speaks MCP on its standard input and output; it runs in a sandbox of its own with the run\'s workspace, programs and network.'),
  args: list(text(10_000), 'a list of arguments').optional().describe('Its arguments.'),
  url: url.optional().describe('The address of an MCP server that speaks HTTP; the worker talks to it, whatever network: says. In a private network or on this machine only where AGENTOS_MCP_PRIVATE_HOSTS names it.'),
  headers: z.record(z.string(), text(10_000), { error: 'a mapping of header names to values' }).optional()
    // eslint-disable-next-line no-template-curly-in-string -- the manifest's own notation
    .describe('Sent with each request; ${secrets.NAME} is the value of a secret.'),
  tools: list(filled(200, 'the name of a tool'), 'a list of tools', 64).optional().describe('Which of its tools the model may use, by the server\'s own names. Default: all, at most 64.'),
  timeout: duration(1000, HOUR_MS).optional().describe('How long one call may take. Default: 60s.'),
}, { error: 'a mapping with program: or url:' })

export const manifestSchema = z.strictObject({
  name: pattern(AGENT_NAME, 'a name of a-z, 0-9, - and _, at most 63 characters, that starts with a letter or digit')
    .describe('What the agent is called; unique in its organisation.'),
  description: text(1000).optional().describe('One sentence for people: what it does.'),
  runtime: oneOf(['script', 'llm', 'command', 'acp']).optional()
    .describe('script: a list of commands. llm: a model with tools. command, acp: somebody else\'s agent. Default: script with steps, llm with model.'),
  inputs: z.record(pattern(/^[A-Za-z]\w{0,62}$/, 'a name of letters, digits and _ that starts with a letter'), input, { error: 'a mapping of input names' }).optional()
    .describe('What a run is asked for beside its task: fields of a form on the page, --input name=value on the command line.'),

  model: z.union([modelName, list(modelName, 'a list of models', 10).min(1, { error: 'at least one model' })], { error: 'a model as provider/model, or a list of them' }).optional()
    .describe('provider/model, such as openai/gpt-6-sol. runtime llm: the model that does the work; a list is tried in order. script, command, acp: the models that '
      + 'the run\'s programs may call through the gateway on 127.0.0.1 (the environment says where); claude/* is all of a provider. Without it they may call none.'),
  cost: oneOf(['metered', 'unmetered']).optional().describe('metered (default): a run is refused when the price of one of its models is not known. unmetered: it runs all the same, and what it costs is known only as far as prices are.'),
  instructions: text(200_000).optional().describe('What the model is told before the task. {{task}} and {{inputs.name}} are filled in.'),
  temperature: number(0, 2).optional().describe('How freely the model chooses its words; its own when left out. Some models take none.'),
  tools: list(oneOf(['shell', 'files', 'fetch']), 'a list of tools', 3).optional().describe('What the model may use. fetch asks hosts that network: lists, by HTTP, from the worker. Default: shell and files.'),
  mcp: z.object({
    servers: list(prototypeServer, 'a list of servers').optional().describe('Prototype key. Today: each server is a key of its own under mcp.'),
  }, { error: 'a mapping of server names' }).catchall(mcpServer).optional().describe('MCP servers whose tools the model may use, as server__tool. A run whose server cannot be had fails.'),

  steps: list(stepSchema, 'a list of steps', 500).min(1, { error: 'at least one step' }).optional().describe('The commands of a script, one after another. When a worker is lost, the run goes on with the first that has not finished.'),

  agent: z.strictObject({
    command: filled(4096, 'a program').describe('The program that is the agent. runtime acp: it speaks the Agent Client Protocol on its standard input and output.'),
    args: list(text(10_000), 'a list of arguments').optional().describe('Its arguments. {{task}} and {{inputs.name}} are filled in.'),
    parse: oneOf(OUTPUT_FORMATS).optional().describe('runtime command: the format of its output, so that its words, plan, tool calls and changes are shown as such. A line that says nothing in it is shown as it is. Default: all of it is.'),
    mode: filled(200, 'a mode of the agent').optional().describe('runtime acp: which of its own modes it works in, by the name that it gives it. Default: the one that it begins in.'),
  }, { error: 'a mapping with command: and args:' }).optional().describe('Somebody else\'s agent, for the runtimes command and acp.'),

  workspace: z.strictObject({
    from: filled(4096, 'a folder, a git URL or a template such as "{{inputs.path}}"').optional()
      .describe('A folder (relative to the manifest), a git repository as https://host/path.git with #branch, #tag or #commit, or "{{inputs.path}}". Left out: an empty workspace. '
        + 'Of a repository one commit is cloned, by the worker; into a private network only where AGENTOS_GIT_PRIVATE_HOSTS names its host.'),
    // eslint-disable-next-line no-template-curly-in-string -- the manifest's own notation
    token: pattern(/^\$\{secrets\.[A-Z_][A-Z0-9_]{0,127}\}$/, 'a secret, as ${secrets.NAME}').optional()
      // eslint-disable-next-line no-template-curly-in-string -- as above
      .describe('What a repository that is not for everybody is cloned with, as ${secrets.NAME}: a token, or name:password. It goes to the host that from: names, and nowhere else.'),
    mode: oneOf(['copy', 'mount-read-only', 'mount-read-write']).optional().describe('copy (default): the run works on a copy. mount-…: on the folder itself.'),
    keep: oneOf(['none', 'changed', 'all']).optional().describe('What is stored of it when an attempt ends, for the page and for downloads: nothing, what is not as it was at the start (without .git, node_modules and other folders that tools make), or all. Of a mounted folder nothing is. Default: changed.'),
  }, { error: 'a mapping such as { from: . }' }).optional().describe('The folder that the run works in.'),

  isolation: oneOf(ISOLATION_LEVELS).optional().describe('Exactly this level, or the run is refused. Default: sandbox where it is proven, else process.'),
  image: filled(500, 'the name of a container image').optional().describe('The image of isolation: container, which has to be on the machine already and needs /bin/sh.'),
  programs: list(pattern(/^[A-Za-z0-9][\w.@/-]{0,127}$/, 'the name of a program'), 'a list of programs').optional().describe('Programs that the server has installed for agents (in AGENTOS_PROGRAMS_DIR), mounted read-only and first in PATH; node is the server\'s own.'),
  network: z.union([z.enum(['none', 'open']), list(host, 'a list of hosts').min(1, { error: 'at least one host, or none' })], { error: 'none, open, or a list of hosts' }).optional()
    .describe('none (default), open, or a list of hosts, such as example.com, "*.example.com" (any depth below) or example.com:8443 (else ports 80 and 443). '
      + 'HTTP and HTTPS, through a proxy that $HTTPS_PROXY names. open: every public host and port; private addresses only when named in a list. '
      + 'Never reached: AgentOS, this machine, link-local and metadata addresses. Outside a sandbox nothing keeps a run from the network of this machine.'),
  secrets: list(secretName, 'a list of secret names').optional().describe('Secrets that the run may use, by name: agentos secret set NAME stores a value. Each command gets those that its own secrets name; a model\'s shell gets none.'),

  limits: z.strictObject({
    time: duration(1000, 30 * 24 * HOUR_MS).optional().describe('Of the whole run. Default: 30m.'),
    cpuTime: duration(1000, 30 * 24 * HOUR_MS).optional().describe('CPU time of all its processes together.'),
    steps: whole(1, 10_000).optional().describe('Commands of a script, turns of a model. Default: 50.'),
    memory: size(16 * MIB, TIB).optional().describe('Of all its processes together. Default: 1GiB.'),
    cpu: number(0.05, 256).optional().describe('CPUs at a time; 0.5 is half of one. It slows a run down where control groups can be had (agentos doctor says so), and never ends it. Default: 1.'),
    processes: whole(1, 32_768).optional().describe('Processes and threads at a time. Default: 64.'),
    files: whole(16, 1_048_576).optional().describe('Open files of one process. Default: 1024.'),
    output: size(1024, 1024 * MIB).optional().describe('What its commands may write to the log in all. Default: 10MiB.'),
    disk: size(MIB, TIB).optional().describe('What its workspace and home folder may hold. Default: 1GiB.'),
    tokens: whole(1, 1_000_000_000).optional().describe('Tokens of all its calls to models, question and answer together. No call is made that could go over.'),
    cost: money(100_000).optional().describe('US dollars of all its calls to models. What a call may cost at worst is reserved before it is made; one that does not fit asks for a shorter answer, or ends the run.'),
  }, { error: 'a mapping such as { time: 30m }' }).optional().describe('What a run may use up; reaching a limit ends it with that reason.'),

  commands: z.strictObject({
    deny: list(commandPattern, 'a list of command patterns').optional().describe('Commands that are refused, before anything else is looked at. A list here takes the place of the built-in one.'),
    ask: list(commandPattern, 'a list of command patterns').optional().describe('Commands that need a person\'s approval, as a step of a script or from a tool of a model: the run waits until somebody says yes or no.'),
    allow: list(commandPattern, 'a list of command patterns').optional().describe('When given, every command of a line must be one of these; what the shell does itself (cd, echo, test …) need not be named.'),
  }, { error: 'a mapping with deny:, ask: or allow:' }).optional().describe('A seat belt against slips; the sandbox is the wall.'),

  approvals: z.strictObject({
    shell: decision.optional().describe('The shell of a model. Default: auto inside a sandbox with no network, else ask.'),
    files: decision.optional().describe('write_file and edit_file; reading needs no leave. Default: auto.'),
    fetch: decision.optional().describe('Default: ask.'),
    mcp: decision.optional().describe('Default: ask.'),
    agent: decision.optional().describe('runtime acp: what the agent itself asks about before it does it. auto: all of it is allowed, once each; the sandbox is the wall. Default: ask.'),
    cost: money(100_000).optional().describe('Once the model calls of a run have cost so much, and each time so much more, it asks before the next one. Of runtime llm.'),
    expires: duration(1000, 365 * 24 * HOUR_MS).optional().describe('How long a question waits for a person; then the run ends as approval_expired. Default: 7d.'),
  }, { error: 'a mapping such as { shell: auto }' }).optional().describe('What waits for a person: auto, ask or deny. A yes is for exactly that action, one time, or always for this agent.'),
  effects: oneOf(['ask', 'tell', 'retry']).optional().describe('What to do about a command that was under way when its worker was lost. ask: the run waits for a person. tell: a model and somebody else\'s agent are told and go on, a script ends as interrupted. retry: it is done again. Default: tell in a sandbox with no network, else ask.'),

  retry: z.strictObject({
    attempts: whole(1, 20).optional().describe('Attempts in all. Default: 1.'),
    delay: duration(0, 24 * HOUR_MS).optional().describe('Before the second attempt. Default: 1s.'),
    maxDelay: duration(0, 24 * HOUR_MS).optional().describe('The longest wait between two attempts. Default: 30s.'),
    factor: number(1, 10).optional().describe('By which the wait grows each time. Default: 2.'),
    jitter: flag().optional().describe('Vary the wait a little. Default: true.'),
  }, { error: 'a mapping such as { attempts: 3 }' }).optional().describe('Of the whole run, on failures that can pass.'),
  verify: list(checkSchema, 'a list of checks', 50).optional().describe('Commands that run at the end; the run has succeeded only if these do.'),

  schedule: z.strictObject({
    cron: z.string({ error: CRON }).superRefine((expression, context) => {
      const problem = cronProblem(expression)
      if (problem)
        context.addIssue({ code: 'custom', message: `${CRON} (${problem})` })
    }).optional().describe('Minute, hour, day of month, month, day of week; a sixth field in front is the second. '
      + 'A time of day that the clocks jump over comes right after the jump; one that comes twice counts once.'),
    every: duration(60_000, 365 * 24 * HOUR_MS).optional().describe('Instead of cron: this long after the last start.'),
    at: z.string({ error: MOMENT }).refine(moment => parseMoment(moment, 'UTC') !== null, { error: MOMENT }).optional()
      .describe('Instead of cron: one moment, such as 2026-12-24T18:00, by the clocks of the time zone unless it has an offset or a Z.'),
    timezone: z.string({ error: 'a time zone such as Europe/Berlin' }).refine(isTimezone, { error: 'a time zone such as Europe/Berlin' }).optional().describe('Of cron and at. Default: UTC.'),
    overlap: oneOf(OVERLAPS).optional().describe('What a tick does when the last run has not ended. skip (default): nothing. queue: it waits for that end. replace: it stops that run, and starts when it has ended.'),
    catchUp: oneOf(CATCH_UPS).optional().describe('What is started of the ticks that were missed while no server ran: none of them, the last (default), or all, one after another (at most 100). A tick that is less than a minute late is not missed.'),
    catchUpWindow: duration(60_000, 365 * 24 * HOUR_MS).optional().describe('A tick that was missed longer ago is left out. Default: 1d.'),
    task: text(100_000).optional().describe('What its runs are asked to do.'),
  }, { error: 'a mapping such as { cron: "0 9 * * 1-5" }' }).optional().describe('When the agent is run by itself.'),
  concurrency: z.union([whole(1, 1000), z.strictObject({
    runs: whole(1, 1000).optional().describe('Of this agent.'),
    perUser: whole(1, 1000).optional().describe('Of this agent and one person.'),
    perKey: whole(1, 1000).optional().describe('Of this agent and one key.'),
    key: filled(500, 'a template such as "{{inputs.repo}}"').optional().describe('What tells the runs of one key: {{task}} and {{inputs.name}} are filled in when a run is submitted. A run whose key is empty has none.'),
  }, { error: 'a mapping such as { runs: 3 }' })], { error: 'a whole number from 1 to 1000, or a mapping such as { runs: 3, perUser: 1 }' }).optional()
    .describe('Runs at a time, over all workers; others wait. A number, or limits by agent, person and key. What the newest manifest says holds for every run. Default: unlimited.'),
  rate: z.strictObject({
    runs: whole(1, 100_000).describe('So many runs.'),
    per: duration(1000, 30 * 24 * HOUR_MS).describe('In any time of this length.'),
  }, { error: 'a mapping such as { runs: 10, per: 1h }' }).optional().describe('How many runs of this agent are started at most; others wait. Another attempt of a run is no new start, and a run that is pruned no longer counts. Default: unlimited.'),
  priority: whole(-1000, 1000).optional().describe('Higher runs first. Default: 0.'),
  retention: duration(HOUR_MS, 3650 * 24 * HOUR_MS).optional().describe('How long ended runs are kept: then they are removed with their logs. Default: the server\'s (AGENTOS_RETENTION_AGE).'),

  ...prototypeKeys,
}, { error: 'a mapping of keys such as name: and steps:' })

export type ManifestFile = z.output<typeof manifestSchema>
export type McpServerFile = z.output<typeof mcpServer>
