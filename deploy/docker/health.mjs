// Whether a server or worker may be sent work: for the health checks of containers, whose image has no curl, and for `make health-check`,
// which names an address and wants to see the answer.
const [given] = process.argv.slice(2)
const url = given ?? `http://127.0.0.1:${process.env.AGENTOS_PORT || '4700'}/ready`
const answer = await fetch(url, { signal: AbortSignal.timeout(4000) }).catch(error => error)
const said = answer instanceof Error ? `no answer from ${url}: ${answer.cause?.code ?? answer.message}` : (await answer.text()).trim()
if (!answer.ok) {
  process.stderr.write(`${said}\n`)
  process.exitCode = 1
}
else if (given) {
  process.stdout.write(`${said}\n`)
}
