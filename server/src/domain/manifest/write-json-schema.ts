import { writeFileSync } from 'node:fs'
import { manifestJsonSchema } from './json-schema.ts'

// Writes agents/schema.json, which editors read beside the manifests: node server/src/domain/manifest/write-json-schema.ts
writeFileSync(new URL('../../../../agents/schema.json', import.meta.url), `${JSON.stringify(manifestJsonSchema(), null, 2)}\n`)
