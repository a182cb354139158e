/**
 * Leads ports of a sandbox's own loopback to sockets of the worker. It runs inside, as `node --input-type=module -e` with
 * `port=socket` arguments, so its file need not be there. It says `ok` when all of them listen, or why they cannot, and then lets
 * go of every descriptor that it was given.
 */
import { closeSync, openSync, writeSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import process from 'node:process'

/** What a list of the run's processes shows. */
process.title = 'agentos relay'

const MAX_CONNECTIONS = 64
const [programFd, ...doors] = process.argv.slice(1)

let due = doors.length
for (const door of doors) {
  const at = door.indexOf('=')
  const server = createServer({ allowHalfOpen: true }, inside => join(inside, connect({ path: door.slice(at + 1), allowHalfOpen: true })))
  server.maxConnections = MAX_CONNECTIONS
  server.once('error', fail)
  server.listen(Number(door.slice(0, at)), '127.0.0.1', () => {
    server.on('error', () => {})
    if (--due === 0)
      letGo()
  })
}

function join(one, other) {
  one.pipe(other).pipe(one)
  one.on('error', () => other.destroy())
  other.on('error', () => one.destroy())
}

function fail(error) {
  writeSync(1, `its relay cannot listen on its loopback: ${error.message}`)
  process.exit(1)
}

/** Whoever reads our output waits for its end. The numbers are taken at once, so that no connection gets them. */
function letGo() {
  writeSync(1, 'ok')
  closeSync(Number(programFd))
  for (const fd of [1, 2]) {
    closeSync(fd)
    openSync('/dev/null', 'w')
  }
}
