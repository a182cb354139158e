import type { Readable } from 'node:stream'
import { Buffer } from 'node:buffer'
import process from 'node:process'
import { MAX_SECRET_BYTES, secretNameProblem, secretValueProblem } from '../../domain/secret.ts'
import { askHidden } from '../ask-hidden.ts'
import { CommandError } from '../failure.ts'
import { pc } from '../print/colour.ts'
import { print } from '../print/out.ts'
import { formatAgo } from '../print/time.ts'
import { withServer } from '../with-server.ts'

/** The value comes from standard input, or is asked for on a terminal: on a command line others could read it. */
export async function setSecret(name: string): Promise<void> {
  const wrongName = secretNameProblem(name)
  if (wrongName)
    throw new CommandError(`${JSON.stringify(name)} cannot be the name of a secret: expected ${wrongName}`)
  const value = process.stdin.isTTY ? await askHidden(`Value of ${name} (not shown): `) : await readValue(process.stdin)
  if (value === null || value === '')
    throw new CommandError(`nothing was stored: expected the value of ${name} on standard input, for example: agentos secret set ${name} <file`)
  const wrongValue = secretValueProblem(value)
  if (wrongValue)
    throw new CommandError(`the value of ${name} cannot be kept: ${wrongValue}`)
  await withServer({ embed: 'look' }, async ({ client }) => {
    await client.secrets.set(name, value)
    print(`${name} is stored; name it under secrets: of a manifest and of the steps that need it\n`)
  })
}

export async function listSecrets(options: { json?: boolean }): Promise<void> {
  await withServer({ embed: 'look' }, async ({ client }) => {
    const secrets = await client.secrets.list()
    if (options.json)
      print(secrets.map(secret => `${JSON.stringify(secret)}\n`).join(''))
    else if (secrets.length === 0)
      print('no secrets are stored; agentos secret set NAME stores one\n')
    else
      print(secrets.map(({ name, updatedAt, updatedBy }) => `${name.padEnd(32)} ${pc.dim(`set ${formatAgo(updatedAt)} by ${updatedBy}`)}\n`).join(''))
  })
}

export async function removeSecret(name: string): Promise<void> {
  await withServer({ embed: 'look' }, async ({ client }) => {
    await client.secrets.remove(name)
    print(`${name} is removed; runs that need it are refused until it is set again\n`)
  })
}

/** Without the line feed that `echo` puts behind it. */
async function readValue(input: Readable): Promise<string> {
  const chunks: Buffer[] = []
  let sizeBytes = 0
  for await (const chunk of input as AsyncIterable<Buffer>) { // no encoding is set
    chunks.push(chunk)
    sizeBytes += chunk.length
    if (sizeBytes > MAX_SECRET_BYTES + 2)
      throw new CommandError(`expected at most ${MAX_SECRET_BYTES} bytes on standard input, and there are more`)
  }
  const bytes = Buffer.concat(chunks)
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes).replace(/\r?\n$/, '')
  }
  catch {
    throw new CommandError('expected a text in UTF-8 on standard input; encode other bytes in base64 first')
  }
}
