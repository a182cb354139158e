#!/usr/bin/env node
// The `agentos` command of a checkout, for any Node since 18: what it needs is brought first, then server/src/cli runs.
import process from 'node:process'
import { bootstrap } from '../scripts/bootstrap.mjs'

await bootstrap(['agentos', ...process.argv.slice(2)])
