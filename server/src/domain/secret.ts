import { significant } from './redact/significant.ts'

/** What a secret may be called. A pattern of JSON Schema has no flags. */
export const SECRET_NAME = /^[A-Z_][A-Z0-9_]{0,127}$/

/**
 * The shortest value that can be taken out of what is printed: a shorter one stands in ordinary words and numbers by
 * chance, and to black those out would destroy the log.
 */
export const MIN_SECRET_CHARACTERS = 8
export const MAX_SECRET_BYTES = 64 * 1024
const MIN_DIFFERENT_CHARACTERS = 4

/** What is wrong with a name, as what was expected instead; null when it is one. */
export function secretNameProblem(name: string): string | null {
  if (!SECRET_NAME.test(name))
    return 'a name of capital letters, digits and _ that does not begin with a digit, such as GITHUB_TOKEN'
  return breaksCommands(name) ? 'another name: commands and the programs that they start read this one themselves' : null
}

/** What is wrong with a value, in words that never hold it; null when it can be kept. */
export function secretValueProblem(value: string): string | null {
  if (value.includes('\0'))
    return 'expected a text without NUL characters: an environment cannot hold one'
  const sizeBytes = new TextEncoder().encode(value).length
  if (sizeBytes > MAX_SECRET_BYTES)
    return `expected at most ${MAX_SECRET_BYTES} bytes, got ${sizeBytes}`
  const { length } = significant(value.trim())
  if (length < MIN_SECRET_CHARACTERS)
    return `expected at least ${MIN_SECRET_CHARACTERS} characters, got ${length}: a shorter value cannot be taken out of logs without taking ordinary words along`
  if (new Set(significant(value.trim())).size < MIN_DIFFERENT_CHARACTERS)
    return `expected a value with at least ${MIN_DIFFERENT_CHARACTERS} different characters: one like this cannot be told from ordinary output`
  return null
}

/** Variables that change what a command is or does, and our own. */
function breaksCommands(name: string): boolean {
  return BREAKING.has(name) || BREAKING_PREFIXES.some(prefix => name.startsWith(prefix))
}

const BREAKING_PREFIXES = ['AGENTOS_', 'INPUT_', 'LD_', 'DYLD_', 'LC_', 'BASH_', 'NPM_CONFIG_', 'GIT_CONFIG_']
const BREAKING = new Set([
  ...['_', 'PATH', 'HOME', 'SHELL', 'USER', 'LOGNAME', 'PWD', 'OLDPWD', 'TERM', 'LANG', 'LANGUAGE', 'TZ', 'TMPDIR'],
  ...['ENV', 'IFS', 'CDPATH', 'PS1', 'PS2', 'PS4', 'OPTIND', 'OPTARG', 'PPID', 'UID', 'SHELLOPTS', 'BASHOPTS', 'GLOBIGNORE', 'PROMPT_COMMAND'],
  ...['NODE_OPTIONS', 'NODE_PATH', 'NODE_EXTRA_CA_CERTS', 'NODE_TLS_REJECT_UNAUTHORIZED', 'SSL_CERT_FILE', 'SSL_CERT_DIR'],
  ...['PYTHONPATH', 'PYTHONHOME', 'PYTHONSTARTUP', 'PYTHONINSPECT', 'PERL5LIB', 'PERL5OPT', 'PERL5DB', 'RUBYLIB', 'RUBYOPT', 'JAVA_TOOL_OPTIONS', 'CLASSPATH'],
  ...['EDITOR', 'VISUAL', 'PAGER', 'GIT_SSH', 'GIT_SSH_COMMAND', 'GIT_ASKPASS', 'GIT_EDITOR', 'GIT_PAGER', 'GIT_EXTERNAL_DIFF', 'GIT_DIR', 'GIT_EXEC_PATH', 'SSH_ASKPASS'],
  ...['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'NO_PROXY', 'GCONV_PATH', 'LOCPATH', 'MALLOC_CHECK_', 'MAKEFLAGS'],
])
