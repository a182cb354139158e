/**
 * The words of a simple command, for its chips; null for anything that a shell would take apart (pipes, substitutions,
 * several lines): that is shown as it was written.
 */
export function argvOf(command: string): string[] | null {
  if (command.length > 400 || /[\n|&;<>()$`{}*?~#!\\]/.test(command))
    return null
  const words = command.match(/(?:[^\s'"]|'[^']*'|"[^"]*")+/g)
  if (!words || /['"]/.test(command.replace(/'[^']*'|"[^"]*"/g, '')))
    return null
  return words.map(word => word.replace(/'([^']*)'|"([^"]*)"/g, (_, single, double) => single ?? double))
}
