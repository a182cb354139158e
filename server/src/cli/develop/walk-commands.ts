import type { Command } from 'commander'

export interface Leaf { path: string, command: Command }

/** Every command that does something, by the words that call it: `agentos secret set`. Those that nobody types are left out. */
export function leavesOf(command: Command, above = ''): Leaf[] {
  const path = above ? `${above} ${command.name()}` : command.name()
  const below = command.createHelp().visibleCommands(command).filter(each => each.name() !== 'help')
  return below.length === 0 ? [{ path, command }] : below.flatMap(each => leavesOf(each, path))
}

export function helpOf(command: Command): string {
  let text = ''
  command.configureOutput({ writeOut: part => void (text += part) })
  command.outputHelp()
  return text
}

/** The lines that its help shows to be typed. */
export function examplesOf(command: Command): string[] {
  return [...helpOf(command).matchAll(/^ {2}\$ (.+)$/gm)].map(match => match[1]!)
}
