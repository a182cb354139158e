import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PROJECT_DIR } from '../../program-files.ts'
import { generatedPages } from './pages.ts'

// Writes the pages of docs/ that follow from the sources: node server/src/cli/develop/write-pages.ts
for (const [name, text] of Object.entries(generatedPages(path => readFileSync(join(PROJECT_DIR, path), 'utf8'))))
  writeFileSync(join(PROJECT_DIR, 'docs', name), text)
