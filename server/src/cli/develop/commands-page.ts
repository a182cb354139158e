import type { Command } from 'commander'
import { examplesOf, leavesOf } from './walk-commands.ts'

/** docs/commands.md: what `--help` of every command says. */
export function commandsPage(program: Command): string {
  const leaves = leavesOf(program)
  const list = leaves.map(({ path, command }) => `| [\`${path}\`](#${anchorOf(path)}) | ${cell(command.description())} |`)
  return `${HEAD}\n| command | |\n|---|---|\n${list.join('\n')}\n\n${formatOptions('Of every command', program)}\n${leaves.map(formatCommand).join('\n')}`
}

const HEAD = `<!-- Written by server/src/cli/develop/write-pages.ts. Change server/src/cli/program.ts instead. -->
# Commands

Everything that \`agentos\` can do from a terminal; \`agentos COMMAND --help\` says the same. In a checkout it is \`npx agentos\`.

With a server running on this machine, a command speaks to it; with none, most open the data themselves for as long as they take.
\`AGENTOS_URL\` and \`AGENTOS_API_KEY\` name a server elsewhere. Agents are given by name, runs by the beginning of their id.

| exit code | |
|---|---|
| 0 | it worked; the run succeeded |
| 1 | it failed |
| 124 | the run's time was over |
| 126 | not permitted |
| 127 | no such agent, run or file |
| 130 | ended by Ctrl-C |
`

function formatCommand({ path, command }: { path: string, command: Command }): string {
  const args = command.registeredArguments.map(arg => `| \`${arg.required ? `<${arg.name()}>` : `[${arg.name()}]`}\` | ${cell(arg.description)}${defaultOf(arg.defaultValue)} |`)
  const table = args.length > 0 ? `\n| argument | |\n|---|---|\n${args.join('\n')}\n` : ''
  const aliases = command.aliases().length > 0 ? ` Also \`${command.aliases().join('`, `')}\`.` : ''
  const examples = examplesOf(command).map(line => `    ${line}`).join('\n')
  return `## ${path}\n\n${sentence(command.description())}${aliases}\n\n    ${path} ${command.usage()}\n${table}${formatOptions(null, command)}\nFor example:\n\n${examples}\n`
}

function formatOptions(title: string | null, command: Command): string {
  const options = command.options.filter(option => !option.hidden).map(option => `| \`${option.flags}\` | ${cell(option.description)}${defaultOf(option.defaultValue)} |`)
  return options.length > 0 ? `${title ? `## ${title}\n` : ''}\n| option | |\n|---|---|\n${options.join('\n')}\n` : ''
}

/** Commander's own mark of an option that is on unless it is said otherwise is no default for a person. */
function defaultOf(value: unknown): string {
  return value === undefined || typeof value === 'boolean' ? '' : ` (default: ${String(value)})`
}

function sentence(text: string): string {
  return `${text[0]!.toUpperCase()}${text.slice(1)}.`
}

function anchorOf(path: string): string {
  return path.replaceAll(' ', '-')
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;')
}
