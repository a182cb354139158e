import { createProgram } from '../program.ts'
import { commandsPage } from './commands-page.ts'
import { configurationPage } from './configuration-page.ts'
import { manifestPage } from './manifest-page.ts'

/** By their names in docs/. `read`: a file of the project. */
export function generatedPages(read: (path: string) => string): Record<string, string> {
  return {
    'commands.md': commandsPage(createProgram()),
    'configuration.md': configurationPage(read('.env.example')),
    'manifest.md': manifestPage(),
  }
}
