import { createServer } from 'node:http'
import process from 'node:process'

/** A process that does nothing but answer: what it takes is the machine's, and no fault of a server that is watched beside it. */
const server = createServer((_request, response) => response.end('{}'))
server.listen(0, '127.0.0.1', () => process.stdout.write(`${(server.address() as { port: number }).port}\n`)) // it listens on TCP
process.stdin.resume().on('end', () => process.exit())
