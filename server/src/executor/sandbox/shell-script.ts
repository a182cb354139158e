/** What is written to a session's shell: POSIX sh, no process of its own but the command. */

/**
 * The first lines: the relay (before the limits, which are the agent's), the limits, the whole environment, the folder to work
 * in, and a word that it is ready. The shell keeps its remarks (`Terminated`) to itself: what comes on stderr is the commands'.
 */
export function openingLines(o: { relay: { line: string } | null, limits: string, environment: Record<string, string>, folder: string }): string {
  return `${o.relay?.line ?? ''}${o.limits}${exportsOf(o.environment)}umask 022;cd ${quote(o.folder)}||exit;unset OLDPWD;exec 4>&2 2>/dev/null;echo "0 0">&3\n`
}

/**
 * One command, then `id exitcode` on descriptor 3, which the command itself does not get. The subshell becomes `sh -c`, so that
 * `$$`, `trap` and `exit` are the command's own; `setsid` (may be left out) keeps `kill 0` from the session's shell.
 */
export function commandLines(o: {
  id: number
  command: string
  env: Record<string, string>
  stdin: string | null
  input: CommandInput
  setsid: string | null
}): string {
  const input = o.input === 'none' ? '' : `${o.input === 'open' ? `<&${INPUT_FD} ` : ''}${INPUT_FD}<&- `
  const child = `(exec ${input}2>&4 3>&- 4>&-;${exportsOf(o.env)}exec ${o.setsid ? `${o.setsid} ` : ''}/bin/sh -c ${quote(o.command)})`
  const report = `;echo "${o.id} $?">&3\n`
  if (o.stdin === null)
    return `${child}</dev/null${report}`
  // Base64, because a here-document cannot end without a line feed. No base64 line can be this delimiter.
  const body = Buffer.from(o.stdin).toString('base64').replace(/.{1,4000}/g, '$&\n')
  return `base64 -d<<'--'|${child}${report.replace('\n', '')}\n${body}--\n`
}

/** What becomes of the session's pipe for a conversation: it has none, it is kept from this command, or it is what the command reads. */
export type CommandInput = 'none' | 'closed' | 'open'

/** Its number for the session's shell: after the relay's. */
export const INPUT_FD = 6

/** The word that comes for a code when a command that is spoken with has its input: all that is written from then on is its own. */
export const BEGUN = -1

/** As `commandLines`, but the command reads what the shell would: a shell reads its next line only when the command has ended. */
export function conversationLine(o: { id: number, command: string, setsid: string | null }): string {
  return `echo "${o.id} ${BEGUN}">&3;(exec 2>&4 3>&- 4>&-;exec ${o.setsid ? `${o.setsid} ` : ''}/bin/sh -c ${quote(o.command)});echo "${o.id} $?">&3\n`
}

/** One argument of a program: the kernel's MAX_ARG_STRLEN is 128 KiB. */
const MAX_COMMAND_BYTES = 120_000

/** Why a command cannot be handed to a shell; null when it can. */
export function whyNotCommand(command: string): string | null {
  const sizeBytes = Buffer.byteLength(command)
  if (sizeBytes > MAX_COMMAND_BYTES)
    return `the command is ${sizeBytes} bytes long; one command may have ${MAX_COMMAND_BYTES}`
  return command.includes('\0') ? 'the command contains a NUL character' : null
}

/** As one word of sh. */
export function quote(text: string): string {
  return `'${text.replaceAll('\'', '\'\\\'\'')}'`
}

export function isVariableName(name: string): boolean {
  return /^[A-Z_]\w*$/i.test(name)
}

function exportsOf(environment: Record<string, string>): string {
  return Object.entries(environment).filter(([name]) => isVariableName(name)).map(([name, value]) => `export ${name}=${quote(withoutNul(value))};`).join('')
}

function withoutNul(text: string): string {
  return text.replaceAll('\0', '')
}
