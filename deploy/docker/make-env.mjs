// Writes .env for docker-compose.prod.yml from .env.example, with keys of its own. What an .env has already stays as it is.
import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { parseEnv } from 'node:util'

const KEYS = ['POSTGRES_PASSWORD', 'AGENTOS_SECRET_KEY', 'AGENTOS_METRICS_TOKEN', 'GRAFANA_PASSWORD']

const before = readFileSync(existsSync('.env') ? '.env' : '.env.example', 'utf8')
const known = existsSync('.env') ? parseEnv(before) : {}
const missing = KEYS.filter(name => !known[name])
const after = missing.reduce((text, name) => setKey(text, name, randomBytes(24).toString('hex')), before)
writeFileSync('.env', after, { mode: 0o600 })
process.stdout.write(missing.length > 0 ? `.env: made ${missing.join(', ')}\n` : '.env: has all keys already\n')

function setKey(text, name, value) {
  const line = new RegExp(`^${name}=.*$`, 'm')
  return line.test(text) ? text.replace(line, `${name}=${value}`) : `${text.replace(/\n?$/, '\n')}${name}=${value}\n`
}
