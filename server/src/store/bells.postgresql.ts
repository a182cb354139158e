import type { BellChannel, Ear } from './driver.ts'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { postgresqlDatabaseError } from './errors.postgresql.ts'

const CHANNEL = 'agentos'
/** How often the connection is asked whether it is still there; when it says nothing for as long, nobody knows whether it hears. */
const PROBE_MS = 1_000
/** A connection that is silent for so many probes is given up. */
const SILENT_PROBES = 5
/** How often a bell of our own is rung, lest something between us and PostgreSQL answer in its place. */
const OWN_BELL_EVERY = 30
/** How the bells of probes begin. */
const OWN = 'probe '
const CONNECT_MS = 5_000
const CLOSE_MS = 500
const BACKOFF_MS = { first: 100, longest: 5_000 }

/**
 * A bell needs no disk: when PostgreSQL falls over, every ear is deaf and reads for itself. One statement, so that the commit, for which
 * all who ring take turns, is a short one.
 */
const SEND = `SELECT set_config('synchronous_commit', 'off', true), pg_notify('${CHANNEL}', text) FROM jsonb_array_elements_text($1::jsonb) AS text`

export function createPostgresqlBells(url: string, pool: pg.Pool): BellChannel {
  return {
    async send(texts) {
      await pool.query({ name: 'bells', text: SEND, values: [JSON.stringify(texts)] }).catch((error: unknown) => {
        throw postgresqlDatabaseError(error)
      })
    },
    listen(ear) {
      const stop = new AbortController()
      const done = keepListening(url, ear, stop.signal)
      return async () => {
        stop.abort()
        await done
      }
    },
  }
}

/** One connection after another, each until it is lost. */
async function keepListening(url: string, ear: Ear, signal: AbortSignal): Promise<void> {
  let pauseMs = BACKOFF_MS.first
  while (!signal.aborted) {
    const hasHeard = await listenOnce(url, ear, signal)
    pauseMs = hasHeard ? BACKOFF_MS.first : Math.min(pauseMs * 2, BACKOFF_MS.longest)
    await sleep(pauseMs * (0.5 + Math.random()), undefined, { signal }).catch(() => {}) // an abort ends the loop
  }
}

/** Never rejects. Resolves when the connection is lost, to whether it has ever heard. */
async function listenOnce(url: string, ear: Ear, signal: AbortSignal): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: CONNECT_MS, keepAlive: true, application_name: 'agentos bells' })
  const lost = Promise.withResolvers<void>()
  const probes = createProbes(client, ear, lost.resolve)
  client.on('error', () => lost.resolve())
  client.on('end', () => lost.resolve())
  client.on('notification', ({ payload = '' }) => probes.isOwn(payload) || ear.heard(payload))
  signal.addEventListener('abort', () => lost.resolve(), { once: true })
  try {
    await client.connect()
    await client.query('SET synchronous_commit = off')
    await client.query(`LISTEN ${CHANNEL}`)
    probes.start()
    await lost.promise
  }
  catch {
    // It is not there yet, or no longer: tried again.
  }
  const hasHeard = probes.stop()
  await closeSoon(client)
  return hasHeard
}

interface Probes {
  start: () => void
  /** Whether a bell is one of a probe; that it came is noted. */
  isOwn: (text: string) => boolean
  /** Whether it has ever heard. */
  stop: () => boolean
}

/** Says when the connection hears, and when nobody knows. It hears once a bell of its own has come back and while it answers. */
function createProbes(client: pg.Client, ear: Ear, giveUp: () => void): Probes {
  const bell = `${OWN}${crypto.randomUUID()}`
  let timer: NodeJS.Timeout | undefined
  let count = 0
  let silent = 0
  let isBellOut = false
  let isHearing = false
  let hasHeard = false

  function hears(now: boolean): void {
    if (now !== isHearing)
      now ? ear.hears() : ear.deaf()
    isHearing = now
    hasHeard ||= now
  }

  function probe(): void {
    if (silent > 0 || isBellOut)
      hears(false)
    if (silent++ > 0) // the last one is still under way
      return silent > SILENT_PROBES ? giveUp() : undefined
    isBellOut ||= count++ % OWN_BELL_EVERY === 0
    client.query(isBellOut ? `NOTIFY ${CHANNEL}, '${bell}'` : 'SELECT 1').then(() => {
      silent = 0
      if (!isBellOut)
        hears(true)
    }, giveUp)
  }

  return {
    start() {
      timer = setInterval(probe, PROBE_MS)
      probe()
    },
    isOwn(text) {
      if (text === bell) {
        isBellOut = false
        hears(true)
      }
      return text.startsWith(OWN)
    },
    stop() {
      clearInterval(timer)
      hears(false)
      return hasHeard
    },
  }
}

/** A connection that hangs is not waited for. */
async function closeSoon(client: pg.Client): Promise<void> {
  const { connection } = client as unknown as { connection: { stream: { destroy: () => void } } } // the driver's types leave it out
  const cut = setTimeout(() => connection.stream.destroy(), CLOSE_MS)
  await client.end().catch(() => {}) // it was lost
  clearTimeout(cut)
}
